interface SignatureAlgorithm {
  /** Node's name of the digest. */
  readonly digest: string
  /** Of a key that Java makes when no size is asked for. */
  readonly keyBytes: number
}

/** The algorithms that workers sign their requests to each other with, under Java's names. */
export const signatureAlgorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  HmacMD5: { digest: 'md5', keyBytes: 64 },
  HmacSHA1: { digest: 'sha1', keyBytes: 64 },
  HmacSHA224: { digest: 'sha224', keyBytes: 28 },
  HmacSHA256: { digest: 'sha256', keyBytes: 32 },
  HmacSHA384: { digest: 'sha384', keyBytes: 48 },
  HmacSHA512: { digest: 'sha512', keyBytes: 64 },
  'HmacSHA512/224': { digest: 'sha512-224', keyBytes: 28 },
  'HmacSHA512/256': { digest: 'sha512-256', keyBytes: 32 },
  'HmacSHA3-224': { digest: 'sha3-224', keyBytes: 28 },
  'HmacSHA3-256': { digest: 'sha3-256', keyBytes: 32 },
  'HmacSHA3-384': { digest: 'sha3-384', keyBytes: 48 },
  'HmacSHA3-512': { digest: 'sha3-512', keyBytes: 64 },
}
