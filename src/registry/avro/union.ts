/* oxlint-disable no-underscore-dangle -- the names are avsc's */
import avsc, { type Type } from 'avsc'
import { type CopyOptions, type ErrorHook, internals, type Resolver, type Schema, type Tap } from './internals.ts'

/**
 * One rule for every union: of null and T, and of T alone, values are null or plain T; of more branches they are
 * `{branch: value}`, as in Avro's JSON and in Confluent's converter. So no branch that is added later changes what the
 * values of the others look like. Written is also a plain value that fits one branch only.
 */
export function createUnion(branches: readonly Type[]): Type {
  const values = branches.filter((branch) => branch.typeName !== 'null')
  return values.length > 1 ? new BranchUnionType(branches) : new OptionalType(branches)
}

const options = {}

/** The default of a field without its branch's name: of the first branch that it fits (Avro 1.12; before: the first). */
function copyDefault(branches: readonly Type[], value: unknown, copying: CopyOptions): [Type, unknown] {
  const problems: string[] = []
  for (const branch of branches) {
    try {
      return [branch, internals(branch)._copy(value, copying)]
    } catch (error) {
      problems.push(String(error))
    }
  }
  throw new Error(problems[0])
}

/** A writer's branch is read as the same type where there is one, and promoted (int as double) where not. */
function resolve(
  resolver: Resolver,
  readers: readonly Type[],
  writer: Type,
  wrap: (reader: Type, value: unknown) => unknown,
) {
  const alike = (reader: Type) => Number(reader.typeName === writer.typeName && reader.name === writer.name)
  for (const reader of readers.toSorted((a, b) => alike(b) - alike(a))) {
    const resolved = tryResolve(reader, writer)
    if (resolved) {
      resolver._read = (tap) => wrap(reader, resolved._read(tap))
      return
    }
  }
}

function tryResolve(reader: Type, writer: Type): { _read(tap: Tap): unknown } | undefined {
  try {
    return reader.createResolver(writer, { ignoreNamespaces: true }) as unknown as { _read(tap: Tap): unknown }
  } catch {
    // avsc throws for a pair that does not fit, and that is the answer here.
    return undefined
  }
}

class OptionalType extends avsc.types.UnwrappedUnionType {
  readonly #null: number
  readonly #value: number

  constructor(branches: readonly Type[]) {
    super(branches as unknown as Schema, options)
    this.#null = this.types.findIndex((branch) => branch.typeName === 'null')
    this.#value = this.types.findIndex((branch) => branch.typeName !== 'null')
  }

  #branch(index: number): Type {
    const branch = this.types[index]
    if (branch === undefined) throw new Error(`no branch ${index} in the union`)
    return branch
  }

  _read(tap: Tap): unknown {
    return internals(this.#branch(tap.readLong()))._read(tap)
  }

  _skip(tap: Tap): void {
    internals(this.#branch(tap.readLong()))._skip(tap)
  }

  _write(tap: Tap, value: unknown): void {
    const index = value === null || value === undefined ? this.#null : this.#value
    const branch = this.#branch(index)
    tap.writeLong(index)
    if (index === this.#value) internals(branch)._write(tap, value)
  }

  _check(value: unknown, flags?: unknown, hook?: ErrorHook, path?: string[]): boolean {
    const absent = value === null || value === undefined
    const branch = this.types[absent ? this.#null : this.#value]
    if (branch && (absent || internals(branch)._check(value, flags, hook, path))) return true
    if (!branch) hook?.(value, this)
    return false
  }

  _copy(value: unknown, copying: CopyOptions = {}): unknown {
    if (copying.wrap === 2) return copyDefault(this.types, value, copying)[1]
    return value === null || value === undefined ? null : internals(this.#branch(this.#value))._copy(value, copying)
  }

  _update(resolver: Resolver, writer: Type): void {
    resolve(resolver, this.types, writer, (_reader, value) => value)
  }
}

class BranchUnionType extends avsc.types.WrappedUnionType {
  readonly #null: number
  readonly #names: readonly string[]

  constructor(branches: readonly Type[]) {
    super(branches as unknown as Schema, options)
    this.#names = this.types.map((branch) => branch.branchName ?? '')
    this.#null = this.#names.indexOf('null')
  }

  _read(tap: Tap): unknown {
    const index = tap.readLong()
    const branch = this.types[index]
    if (branch === undefined) throw new Error(`no branch ${index} in the union`)
    return this.#wrap(index, internals(branch)._read(tap))
  }

  _skip(tap: Tap): void {
    const branch = this.types[tap.readLong()]
    if (branch === undefined) throw new Error('no such branch in the union')
    internals(branch)._skip(tap)
  }

  #wrap(index: number, value: unknown): unknown {
    return index === this.#null ? null : { [this.#names[index] ?? '']: value }
  }

  _write(tap: Tap, value: unknown): void {
    const found = this.#find(value)
    if (found === undefined) throw new Error(`not one of ${this.#names.join(', ')}`)
    tap.writeLong(found.index)
    internals(found.branch)._write(tap, found.value)
  }

  _check(value: unknown, flags?: unknown, hook?: ErrorHook, path: string[] = []): boolean {
    const found = this.#find(value)
    if (found === undefined) {
      hook?.(value, this)
      return false
    }
    return internals(found.branch)._check(found.value, flags, hook, path)
  }

  _copy(value: unknown, copying: CopyOptions = {}): unknown {
    if (copying.wrap === 2) {
      const [branch, copy] = copyDefault(this.types, value, copying)
      return this.#wrap(this.types.indexOf(branch), copy)
    }
    const found = this.#find(value)
    if (found === undefined) throw new Error(`not one of ${this.#names.join(', ')}`)
    const copy = internals(found.branch)._copy(found.value, copying)
    return copying.wrap === 3 ? copy : this.#wrap(found.index, copy)
  }

  _update(resolver: Resolver, writer: Type): void {
    resolve(resolver, this.types, writer, (reader, value) => this.#wrap(this.types.indexOf(reader), value))
  }

  /** The branch that a value names, or else the only one that it fits. */
  #find(value: unknown): { index: number; branch: Type; value: unknown } | undefined {
    if (value === null || value === undefined) return this.#at(this.#null, null)
    const named = namedBranch(value)
    const index = named === undefined ? -1 : this.#names.indexOf(named[0])
    if (named !== undefined && index >= 0) return this.#at(index, named[1])
    const fitting = this.types.flatMap((branch, at) => (internals(branch)._check(value) ? [at] : []))
    return fitting.length === 1 ? this.#at(fitting[0] ?? -1, value) : undefined
  }

  #at(index: number, value: unknown): { index: number; branch: Type; value: unknown } | undefined {
    const branch = this.types[index]
    return branch && { index, branch, value }
  }
}

/** The one entry of `{branch: value}`; branches that are null, as in a struct of all branches, do not count. */
function namedBranch(value: unknown): [string, unknown] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Buffer.isBuffer(value)) return undefined
  const entries = Object.entries(value)
  const given = entries.length > 1 ? entries.filter(([, branch]) => branch !== null && branch !== undefined) : entries
  return given.length === 1 ? given[0] : undefined
}
