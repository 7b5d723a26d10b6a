import { messageOf, Stalled } from '../../../base/errors.js'
import { compileGlob } from '../../../formats/glob/plain-glob.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { DirectoryOptions, Renderer, RenderRequest, RenderResult } from '../contract.js'
import type { Tree } from '../tree.js'
import { readManifests } from './read-manifests.js'

/** As Argo CD's default: a directory with more than this in manifest files is refused. */
const maxTotalBytes = 10 * 1024 * 1024

const manifestFile = /^.*\.(yaml|yml|json|jsonnet)$/

/**
 * Renders a directory of plain manifests, as Argo CD's directory source does: files .yaml, .yml and .json in order of their
 * names, subdirectories with `recurse`, `include` and `exclude` as globs on the path below the directory. Lists are taken
 * apart. A YAML file that is no manifest at all is passed over; one that is half a manifest is an error.
 */
export function createDirectoryRenderer(): Renderer {
  return { name: 'directory', detects: async (tree, path) => (await tree.list(path)) !== undefined, render }
}

async function render({ tree, path, options, time }: RenderRequest): Promise<RenderResult> {
  const entries = await tree.list(path)
  if (entries === undefined) {
    const isFile = (await tree.read(path)) !== undefined
    throw new Stalled({
      code: 'directory-missing',
      message: `${path || '.'}: ${isFile ? 'expected a directory, found a file' : 'app path does not exist'}`,
      fix: 'Check path and revision of the source.',
    })
  }
  const objects: KubeObject[] = []
  const warnings: string[] = []
  let total = 0
  for (const file of await findManifestFiles(tree, path, options.directory ?? {})) {
    const bytes = await tree.read(file)
    if (bytes === undefined) {
      warnings.push(`${file}: skipped: the symbolic link leads to no file in the source`)
      continue
    }
    if (file.endsWith('.jsonnet')) {
      throw new Stalled({
        code: 'directory-jsonnet',
        message: `${file}: jsonnet is not supported`,
        fix: `Exclude it (directory.exclude: '*.jsonnet'), or put the YAML that it makes into the repository.`,
      })
    }
    total += bytes.length
    if (total > maxTotalBytes) {
      throw new Stalled({
        code: 'directory-too-large',
        message: `${path || '.'}: exceeded max combined manifest file size of ${maxTotalBytes / 1024 / 1024} MiB at ${file}`,
        fix: 'Split the application, or narrow it by include and exclude.',
      })
    }
    const read = time === undefined ? readManifests(file, bytes) : time.run(() => readManifests(file, bytes))
    objects.push(...read.objects)
    warnings.push(...read.warnings)
  }
  return { objects, warnings }
}

/** Paths of the files to read, in the order of a walk by name. */
async function findManifestFiles(tree: Tree, path: string, options: DirectoryOptions): Promise<string[]> {
  const included = (options.include ?? '') === '' ? () => true : compile('include', options.include!)
  const excluded = (options.exclude ?? '') === '' ? () => false : compile('exclude', options.exclude!)
  const found: string[] = []
  const walk = async (directory: string, below: string): Promise<void> => {
    for (const entry of (await tree.list(directory)) ?? []) {
      const full = directory === '' ? entry.name : `${directory}/${entry.name}`
      const relative = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.kind === 'directory') {
        if (options.recurse === true) await walk(full, relative)
      } else if (entry.kind !== 'submodule' && manifestFile.test(entry.name) && !excluded(relative) && included(relative)) {
        found.push(full)
      }
    }
  }
  await walk(path, '')
  return found
}

function compile(field: string, pattern: string): (path: string) => boolean {
  try {
    return compileGlob(pattern)
  } catch (error) {
    throw new Stalled({
      code: 'directory-glob',
      message: `directory.${field} "${pattern}": ${messageOf(error)}`,
      fix: "Write a glob such as '*.yaml' or '{a/*,b/*}'.",
    })
  }
}
