export { type TlsMaterial, type TlsOptions, tlsFromProps } from './tls.ts'
