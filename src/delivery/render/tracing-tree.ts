import type { TracingTree, Tree } from './tree.js'

/** Before the path where the value is not a hash but the place that links lead to; no path begins so. */
const placeMark = '\0'

/**
 * Records what is read through it. A file read counts with its hash, a directory listed with the hash of everything below
 * it, a path asked for by `hash` with the answer. The hash of a path is looked up once. Where links lead counts too: two
 * places may hold the same and have other things beside them.
 */
export function createTracingTree(tree: Tree): TracingTree {
  const trace = new Map<string, string | undefined>()
  const note = async (path: string): Promise<string | undefined> => {
    if (trace.has(path)) return trace.get(path)
    const hash = await tree.hash(path)
    trace.set(path, hash)
    return hash
  }
  return {
    id: tree.id,
    async read(path) {
      await note(path)
      return tree.read(path)
    },
    hash: note,
    async list(path) {
      await note(path)
      return tree.list(path)
    },
    ...(tree.realPath === undefined
      ? {}
      : {
          async realPath(path: string) {
            const real = await tree.realPath!(path)
            trace.set(`${placeMark}${path}`, real)
            return real
          },
        }),
    trace: () => trace,
  }
}

/** True when every path of a trace has the same hash in `tree`: what was rendered from the traced tree holds for this one. */
export async function matchesTrace(tree: Tree, trace: ReadonlyMap<string, string | undefined>): Promise<boolean> {
  for (const [key, known] of trace) {
    const place = key.startsWith(placeMark) ? key.slice(placeMark.length) : undefined
    if ((place === undefined ? await tree.hash(key) : await tree.realPath?.(place)) !== known) return false
  }
  return true
}
