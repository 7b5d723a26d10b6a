import type { TracingTree, Tree } from './tree.js'

/**
 * Records what is read through it. A file read counts with its hash, a directory listed with the hash of everything below
 * it, a path asked for by `hash` with the answer. The hash of a path is looked up once.
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
    ...(tree.realPath === undefined ? {} : { realPath: (path: string) => tree.realPath!(path) }),
    trace: () => trace,
  }
}

/** True when every path of a trace has the same hash in `tree`: what was rendered from the traced tree holds for this one. */
export async function matchesTrace(tree: Tree, trace: ReadonlyMap<string, string | undefined>): Promise<boolean> {
  for (const [path, hash] of trace) if ((await tree.hash(path)) !== hash) return false
  return true
}
