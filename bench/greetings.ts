/** What the servers that are compared want to hear first, and where. */
export const greetings = {
  tidegate: (channel: string, terms?: object) => ({
    path: '/ws',
    text: JSON.stringify({ type: 'subscribe', id: 1, channel, ...terms }),
  }),
  centrifugo: (channel: string) => ({
    path: '/connection/websocket',
    text: `${JSON.stringify({ id: 1, connect: {} })}\n${JSON.stringify({ id: 2, subscribe: { channel } })}`,
  }),
  plain: () => ({ path: '/ws', text: '{}' }),
}

export type Dialect = keyof typeof greetings
