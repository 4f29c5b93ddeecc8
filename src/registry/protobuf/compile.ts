import type protobufjs from 'protobufjs'
import type { Namespace, Root } from 'protobufjs'
import { DataError, messageOf } from '#api'
import type { Referenced, SchemaFormat, SchemaReference } from '../format.ts'
import { knownFiles } from './known.ts'
import type { ProtobufSchema } from './model.ts'
import { createReflection } from './reflect.ts'

type Library = typeof protobufjs

/** The longest text (characters), imports not included, that is read. */
const maxText = 1_000_000
/** The most files that a text may import, theirs included. */
const maxImports = 200

/** `.proto` texts at run time. */
export const protobufFormat: SchemaFormat<ProtobufSchema> = {
  type: 'PROTOBUF',
  title: 'Protobuf',
  compile: compileProtobuf,
}

export async function compileProtobuf(
  text: string,
  references: readonly SchemaReference[] = [],
  referenced: readonly Referenced<ProtobufSchema>[] = [],
): Promise<ProtobufSchema> {
  // 35 ms to load: not for those who have no Protobuf.
  const library = await loadLibrary()
  try {
    if (text.length > maxText) throw new Error(`it is longer than ${maxText} characters`)
    const root = new library.Root()
    const { imports, pkg } = parse(library, text, root)
    // Before imports are added, which may be of the same package.
    const own = [...(pkg === '' ? root : (root.lookup(pkg) as Namespace)).nestedArray]
    importAll(library, root, imports, new Map(referenced.map(({ name, schema }) => [name, schema.text])))
    root.resolveAll()
    const reflection = createReflection(library)
    return { text, references, messages: own.flatMap((each) => reflection.message(each) ?? []) }
  } catch (error) {
    throw new DataError(`The text is not a Protobuf schema: ${messageOf(error)}.`, { cause: error })
  }
}

let library: Promise<Library> | undefined

function loadLibrary(): Promise<Library> {
  const load = async (): Promise<Library> => {
    const module = await import('protobufjs')
    return module.default
  }
  return (library ??= load())
}

function parse({ parse: read }: Library, text: string, root: Root): { imports: readonly string[]; pkg: string } {
  const parsed = read(text, root, { keepCase: true })
  return { imports: [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])], pkg: parsed.package ?? '' }
}

/** What is imported but not to be found may hold nothing but options; a type that is then missing is told by its name. */
function importAll(from: Library, root: Root, imports: readonly string[], texts: ReadonlyMap<string, string>): void {
  const done = new Set<string>()
  const waiting = [...imports]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (done.has(name)) continue
    if (done.size >= maxImports) throw new Error(`it imports more than ${maxImports} files`)
    done.add(name)
    const text = texts.get(name) ?? (Object.hasOwn(knownFiles, name) ? knownFiles[name] : undefined)
    if (text !== undefined) waiting.push(...parse(from, text, root).imports)
  }
}
