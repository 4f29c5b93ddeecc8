// Watches the raw feed beside the gate, for the figures only: nothing of it is drawn.

/**
 * @param {string} url
 * @param {{ onMessage: (vehicles: any[], bytes: number) => void, onAway: () => void }} handlers
 */
export function watchFeed(url, { onMessage, onAway }) {
  let delay = 1000
  const open = () => {
    const socket = new WebSocket(url)
    socket.addEventListener('message', ({ data }) => {
      delay = 1000
      try {
        onMessage(JSON.parse(data), data.length)
      } catch (error) {
        console.warn('the raw feed sent what is no JSON', error)
      }
    })
    socket.addEventListener('close', () => {
      onAway()
      setTimeout(open, delay * (0.5 + Math.random() / 2))
      delay = Math.min(20_000, delay * 2)
    })
  }
  open()
}
