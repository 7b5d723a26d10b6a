import { formatYaml } from '../../../formats/yaml/format-yaml.js'
import { parseYaml } from '../../../formats/yaml/parse-yaml.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { RenderResult } from '../contract.js'
import type { Tree } from '../tree.js'
import { kustomizationFiles } from './accumulate.js'
import { buildError } from './build-error.js'
import { type BuildOptions, buildKustomization } from './build-kustomization.js'
import { type SubstitutionOptions, substituteVariables } from './flux-substitution.js'
import { decodeText, joinPath } from './loader.js'
import { parseResourceDocuments, toResources } from './read-documents.js'

export interface FluxBuildOptions extends Omit<BuildOptions, 'mode'> {
  /** `spec.postBuild` of a Flux Kustomization. */
  readonly substitution?: SubstitutionOptions
}

const switchKey = 'kustomize.toolkit.fluxcd.io/substitute'

/**
 * Builds as Flux's kustomize-controller does: a directory without a kustomization gets one of all its manifests, objects keep
 * the order of the files, and variables are put in at the end, but not into what is labelled or annotated
 * `kustomize.toolkit.fluxcd.io/substitute: disabled`.
 */
export async function buildForFlux(tree: Tree, path: string, options: FluxBuildOptions): Promise<RenderResult> {
  const { substitution, ...rest } = options
  const built = await buildKustomization(await withKustomization(tree, path), path, { ...rest, mode: 'fifo' })
  if (substitution === undefined) return built
  return { ...built, objects: built.objects.map((object) => substituteIn(object, substitution)) }
}

function substituteIn(object: KubeObject, substitution: SubstitutionOptions): KubeObject {
  const { labels, annotations } = object.metadata ?? {}
  if (labels?.[switchKey] === 'disabled' || annotations?.[switchKey] === 'disabled') return object
  const text = formatYaml(object)
  if (!text.includes('$')) return object
  const where = `${object.kind}/${object.metadata?.name ?? ''}`
  return parseYaml(substituteVariables(text, substitution, where), { source: where }) as unknown as KubeObject
}

async function hasKustomization(tree: Tree, path: string): Promise<boolean> {
  for (const name of kustomizationFiles) if ((await tree.hash(below(path, name))) !== undefined) return true
  return false
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`
}

/** The tree with a kustomization of everything in the directory; the tree itself when there is one. */
async function withKustomization(tree: Tree, path: string): Promise<Tree> {
  if (await hasKustomization(tree, path)) return tree
  const resources: string[] = []
  await collect(tree, path, '', resources, { left: maxFiles })
  const file = below(path, 'kustomization.yaml')
  const text = formatYaml({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources })
  const bytes = new TextEncoder().encode(text)
  return {
    ...tree,
    read: async (asked) => (asked === file ? bytes : tree.read(asked)),
  }
}

const maxFiles = 10_000

/** Directories with a kustomization of their own count as one; the rest is gone through in the order of names. */
async function collect(tree: Tree, root: string, path: string, into: string[], budget: { left: number }): Promise<void> {
  const full = joinPath(root, path) ?? root
  for (const entry of (await tree.list(full)) ?? []) {
    const name = below(path, entry.name)
    if (budget.left-- <= 0)
      throw buildError(`${root || '.'}: more than ${maxFiles} files`, 'Write a kustomization.yaml that names what is wanted.')
    if (entry.kind === 'directory') {
      if (await hasKustomization(tree, below(root, name))) into.push(name)
      else await collect(tree, root, name, into, budget)
    } else if (entry.kind === 'file' && /\.ya?ml$/.test(entry.name)) {
      const bytes = await tree.read(below(root, name))
      if (bytes === undefined) continue
      try {
        toResources(parseResourceDocuments(decodeText(bytes), name), name)
      } catch (error) {
        throw buildError(`failed to decode Kubernetes YAML from ${name}: ${error instanceof Error ? error.message : ''}`)
      }
      into.push(name)
    }
  }
}
