import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { messageOf } from '../../base/errors.js'
import { HelmError } from '../../delivery/render/helm/helm-error.js'
import { type GivenValues, mergeGivenValues } from '../../delivery/render/helm/values/merge-values.js'
import type { Values } from '../../delivery/render/helm/values/values.js'

/** The flags of `helm template` that set values. */
export interface ValueFlags {
  /** Paths, `-` for standard input, or http(s) addresses. */
  readonly values?: readonly string[]
  readonly set?: readonly string[]
  readonly setString?: readonly string[]
  readonly setJson?: readonly string[]
  readonly setFile?: readonly string[]
  readonly setLiteral?: readonly string[]
}

export interface ValuePorts {
  readonly readStdin: () => Promise<string>
  readonly fetch: (address: string) => Promise<Uint8Array>
}

class Remote extends Error {
  readonly address: string
  constructor(address: string) {
    super(address)
    this.address = address
  }
}

const isRemote = (path: string) => /^https?:\/\//i.test(path)
const decoder = new TextDecoder()

/** The values that flags give, read and merged in Helm's order. */
export async function readGivenValues(flags: ValueFlags, helmMajor: 3 | 4, ports: ValuePorts): Promise<Values> {
  const fetched = new Map<string, string>()
  const text = async (path: string): Promise<string> => {
    if (path.trim() === '-') return ports.readStdin()
    if (isRemote(path)) return decoder.decode(await ports.fetch(path))
    return readFile(path, 'utf8').catch((error) => {
      throw fileError(path, error)
    })
  }
  const files: { name: string; text: string }[] = []
  for (const name of (flags.values ?? []).flatMap((list) => list.split(','))) files.push({ name, text: await text(name) })
  const given: GivenValues = {
    files,
    helmMajor,
    ...(flags.setJson === undefined ? {} : { setJson: flags.setJson }),
    ...(flags.set === undefined ? {} : { set: flags.set }),
    ...(flags.setString === undefined ? {} : { setString: flags.setString }),
    ...(flags.setFile === undefined ? {} : { setFile: flags.setFile }),
    ...(flags.setLiteral === undefined ? {} : { setLiteral: flags.setLiteral }),
    readFile: (path) => {
      const known = fetched.get(path)
      if (known !== undefined) return known
      if (isRemote(path) || path.trim() === '-') throw new Remote(path)
      try {
        return readFileSync(path, 'utf8')
      } catch (error) {
        throw fileError(path, error)
      }
    },
  }
  for (;;) {
    try {
      return mergeGivenValues(given)
    } catch (error) {
      const remote = error instanceof Error ? error.cause : undefined
      if (!(remote instanceof Remote)) throw error
      try {
        fetched.set(remote.address, await text(remote.address))
      } catch (failure) {
        throw new HelmError(`failed parsing --set-file data: ${messageOf(failure)}`, { cause: failure })
      }
    }
  }
}

/** As Go words the usual failures of opening a file. */
export function fileError(path: string, error: unknown): HelmError {
  const { code } = error as { code?: string }
  const why = code === 'ENOENT' ? 'no such file or directory' : code === 'EACCES' ? 'permission denied' : messageOf(error)
  return new HelmError(code === 'EISDIR' ? `read ${path}: is a directory` : `open ${path}: ${why}`)
}
