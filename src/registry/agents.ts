import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Logger, Props } from '#api'
import { tlsFromProps } from '../security/index.ts'
import { tlsPrefix } from './tls-config.ts'

export interface Agents {
  /** The agent for a URL. Rejects with `ConfigError` when the TLS properties cannot be used. */
  for(url: URL): Promise<HttpAgent>
  close(): void
}

/** One agent for http and one for https, made when they are first needed: key stores are files. */
export function createAgents(props: Props, log?: Logger): Agents {
  const made: HttpAgent[] = []
  let http: HttpAgent | undefined
  let https: Promise<HttpsAgent> | undefined

  const keep = <T extends HttpAgent>(agent: T): T => {
    made.push(agent)
    return agent
  }
  async function createHttps(): Promise<HttpsAgent> {
    const warn = (message: string) => log?.warn({ problem: message }, 'a TLS property is obeyed only in part')
    try {
      const tls = await tlsFromProps(props, { prefix: tlsPrefix, warn })
      return keep(new HttpsAgent({ keepAlive: true, ...tls }))
    } catch (error) {
      https = undefined
      throw error
    }
  }
  return {
    async for(url) {
      if (url.protocol === 'https:') return await (https ??= createHttps())
      return (http ??= keep(new HttpAgent({ keepAlive: true })))
    },
    close: () => {
      for (const agent of made) agent.destroy()
    },
  }
}
