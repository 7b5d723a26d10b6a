import { createHash } from 'node:crypto'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { UsageError } from '../../base/errors.js'
import { type BuildOptions, buildKustomization, formatResources } from '../../delivery/render/kustomize/build-kustomization.js'
import type { Tree, TreeEntry } from '../../delivery/render/tree.js'
import { builtInSchemas } from '../../kube/schema/built-in.js'

/**
 * A directory of this machine as a Tree. Kustomize may look at siblings of the directory that is built (`../../base`), so the
 * tree's root (its id) is the nearest ancestor that is a repository, or the file system's root; nothing is read before it is asked for.
 */
export async function openDirectoryTree(directory: string): Promise<{ tree: Tree; path: string }> {
  const target = await realpath(resolve(directory)).catch(() => undefined)
  if (target === undefined || !(await stat(target)).isDirectory()) {
    throw new UsageError({
      code: 'no-directory',
      message: `${directory} is no directory`,
      fix: 'Name a directory with a kustomization.yaml.',
    })
  }
  let root = target
  for (;;) {
    if (
      await stat(join(root, '.git')).then(
        () => true,
        () => false,
      )
    )
      break
    const parent = join(root, '..')
    if (parent === root) break
    root = parent
  }
  return { tree: directoryTree(root), path: relative(root, target).split(sep).join('/') }
}

function directoryTree(root: string): Tree {
  const inside = async (path: string): Promise<string | undefined> => {
    const real = await realpath(join(root, path)).catch(() => undefined)
    if (real === undefined || (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep))) return undefined
    // What git keeps for itself (credentials, too) is no source, whatever link leads there.
    return relative(root, real).split(sep).includes('.git') ? undefined : real
  }
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  const tree: Tree = {
    id: root,
    async read(path) {
      const real = await inside(path)
      return real === undefined || !(await stat(real)).isFile() ? undefined : new Uint8Array(await readFile(real))
    },
    async hash(path) {
      const bytes = await tree.read(path)
      if (bytes !== undefined) return digest(bytes)
      const entries = await tree.list(path)
      return entries === undefined
        ? undefined
        : digest(Buffer.from(entries.map((entry) => `${entry.kind} ${entry.name}`).join('\n')))
    },
    async list(path) {
      const real = await inside(path)
      if (real === undefined || !(await stat(real)).isDirectory()) return undefined
      const entries: TreeEntry[] = []
      for (const entry of await readdir(real, { withFileTypes: true })) {
        const kind = entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'symlink' : entry.isFile() ? 'file' : undefined
        if (kind !== undefined) entries.push({ name: entry.name, kind, hash: join(real, entry.name) })
      }
      return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    },
    async realPath(path) {
      const real = await inside(path)
      return real === undefined ? undefined : relative(root, real).split(sep).join('/')
    },
  }
  return tree
}

export type RenderKustomizationOptions = Omit<BuildOptions, 'schemas'>

/** What `kustomize build DIR` prints. */
export async function renderKustomization(directory: string, options: RenderKustomizationOptions = {}): Promise<string> {
  const { tree, path } = await openDirectoryTree(directory)
  const { objects } = await buildKustomization(tree, path, {
    elapsed: () => performance.now(),
    maxMilliseconds: 600_000,
    ...options,
    schemas: builtInSchemas,
  })
  return formatResources(objects)
}
