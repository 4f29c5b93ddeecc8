import type { pkcs12 } from 'node-forge'
import { ConnectError, messageOf } from '#api'
import type { Store } from './key-stores.ts'

/** How Java marks a certificate that is trusted and not merely part of a chain. */
const trustedKeyUsage = '2.16.840.1.113894.746875.1.1'

/**
 * Reads a PKCS#12 file, encrypted as Java 8 to 21 and OpenSSL 1 and 3 do. Node's own reader takes no file without a key, which is what a
 * trust store is. Certificates that OpenSSL exported without a key lack Java's mark and are trusted all the same.
 */
export async function readPkcs12(bytes: Buffer, password: string | undefined): Promise<Store> {
  const { default: forge } = await import('node-forge')
  // forge keeps only attributes whose names it knows.
  const oids: Record<string, string> = forge.pki.oids
  oids[trustedKeyUsage] = 'trustedKeyUsage'

  const toDer = (value: Parameters<typeof forge.asn1.toDer>[0]): Buffer =>
    Buffer.from(forge.asn1.toDer(value).getBytes(), 'binary')
  function certificateOf({ cert, asn1 }: pkcs12.Bag): Buffer {
    return toDer(cert ? forge.pki.certificateToAsn1(cert) : asn1)
  }
  function keyOf({ key, asn1 }: pkcs12.Bag): Buffer {
    return toDer(key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key)) : asn1)
  }

  const bags = open()
  const keyBags = bags.filter(({ type }) => type === oids['pkcs8ShroudedKeyBag'] || type === oids['keyBag'])
  const certificates = bags.filter(({ type }) => type === oids['certBag'])
  const marked = certificates.filter((bag) => attribute(bag, 'trustedKeyUsage') !== undefined)
  const trusted = marked.length > 0 || keyBags.length > 0 ? marked : certificates
  return {
    trusted: trusted.map(certificateOf),
    keys: keyBags.map((bag) => {
      const own = (each: pkcs12.Bag) => attribute(each, 'localKeyId') === attribute(bag, 'localKeyId')
      const others = certificates.filter(
        (each) => attribute(each, 'localKeyId') === undefined && !marked.includes(each),
      )
      return {
        alias: attribute(bag, 'friendlyName') ?? '(without a name)',
        open: () => keyOf(bag),
        chain: [...certificates.filter(own), ...others].map(certificateOf),
      }
    }),
  }

  function open(): readonly pkcs12.Bag[] {
    let file: ReturnType<typeof forge.asn1.fromDer>
    try {
      file = forge.asn1.fromDer(forge.util.createBuffer(bytes.toString('binary')))
    } catch (error) {
      throw new ConnectError('the file is neither JKS nor PKCS12; a PEM file needs the type PEM', { cause: error })
    }
    try {
      return forge.pkcs12.pkcs12FromAsn1(file, true, password ?? '').safeContents.flatMap(({ safeBags }) => safeBags)
    } catch (error) {
      const isPassword = /password|decrypt/i.test(messageOf(error))
      const what = isPassword ? 'the password is wrong, or the file is damaged' : messageOf(error)
      throw new ConnectError(what, { cause: error })
    }
  }
}

const attribute = (bag: pkcs12.Bag, name: string): string | undefined => {
  const attributes = bag.attributes as Readonly<Record<string, readonly string[] | undefined>>
  return attributes[name]?.[0]
}
