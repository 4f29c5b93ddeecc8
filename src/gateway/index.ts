export type { Gateway, GatewayOptions, GatewayStats } from './gateway.ts'
export { startGateway } from './gateway.ts'
export type { GatePeers } from './peers.ts'
export type { GatewaySettings } from './settings.ts'
