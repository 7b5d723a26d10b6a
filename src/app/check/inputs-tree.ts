import { realpath } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import type { Tree } from '../../delivery/render/tree.js'
import { openDirectoryTree } from '../rendering/render-directory.js'

/** The tree without what lies outside of the directories that were asked for. */
export async function onlyWithin(tree: Tree, roots: readonly string[]): Promise<Tree> {
  const real = await Promise.all(roots.map((root) => realpath(resolve(root)).catch(() => resolve(root))))
  const allowed = real.map((root) => relative(tree.id, root).split(sep).join('/'))
  const isAllowed = (path: string) => allowed.some((root) => root === '' || path === root || path.startsWith(`${root}/`))
  const may = async (path: string) => isAllowed((await tree.realPath?.(path)) ?? path)
  return {
    ...tree,
    read: async (path) => ((await may(path)) ? tree.read(path) : undefined),
    hash: async (path) => ((await may(path)) ? tree.hash(path) : undefined),
    list: async (path) => ((await may(path)) ? tree.list(path) : undefined),
  }
}

/** A directory of the inputs as the repository that it is: with paths from its own root, and nothing outside of it. */
export async function treeOfRoot(root: string): Promise<Tree> {
  const { tree, path } = await openDirectoryTree(root)
  const within = await onlyWithin(tree, [root])
  const below = (of: string) => (path === '' ? of : of === '' ? path : `${path}/${of}`)
  return {
    id: `${tree.id}/${path}`,
    read: (of) => within.read(below(of)),
    hash: (of) => within.hash(below(of)),
    list: (of) => within.list(below(of)),
  }
}
