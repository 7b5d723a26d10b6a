import { setOwn } from '../../../../base/json.js'
import { formatYaml } from '../../../../formats/yaml/format-yaml.js'
import { parseYaml } from '../../../../formats/yaml/parse-yaml.js'
import type { KubeObject } from '../../../../kube/object/kube-object.js'
import type { RenderResult } from '../../contract.js'
import type { Tree } from '../../tree.js'
import { kustomizationFiles } from '../accumulate.js'
import { buildError } from '../build-error.js'
import { type BuildOptions, buildKustomization } from '../build-kustomization.js'
import { decodeText, joinPath } from '../sources/loader.js'
import { parseResourceDocuments, toResources } from '../sources/read-documents.js'
import { editForFlux, type FluxSpec, withCommonMetadata } from './flux-spec.js'
import { type SubstitutionOptions, substituteVariables } from './flux-substitution.js'

export interface FluxBuildOptions extends Omit<BuildOptions, 'mode' | 'edit' | 'overrides'> {
  /** The `spec` of the Flux Kustomization. */
  readonly spec?: FluxSpec
  /** Variables from elsewhere (`postBuild.substituteFrom`); those in `spec.postBuild.substitute` win. */
  readonly substitution?: SubstitutionOptions
}

const switchKey = 'kustomize.toolkit.fluxcd.io/substitute'

/**
 * Builds as Flux's kustomize-controller does: a directory without a kustomization gets one of all its manifests, the fields of
 * `spec` are put into it, files may come from anywhere in the source, objects keep the order of the files, and variables are put
 * in at the end, but not into what is labelled or annotated `kustomize.toolkit.fluxcd.io/substitute: disabled`.
 */
export async function buildForFlux(tree: Tree, path: string, options: FluxBuildOptions): Promise<RenderResult> {
  const { substitution, spec = {}, ...rest } = options
  const created = !(await hasKustomization(tree, path))
  const whole = created ? await withKustomization(tree, path) : tree
  const built = await buildKustomization(whole, path, {
    loadRestrictions: 'none',
    keepsBuiltInSchemas: true,
    ...rest,
    mode: 'fifo',
    edit: (own, loader) => editForFlux(own, spec, loader, created),
  })
  const variables = variablesOf(spec, substitution)
  const { commonMetadata } = spec
  const objects = built.objects.map((object) => {
    const { kind, apiVersion, metadata } = object
    if (!kind || !apiVersion || !metadata?.name)
      throw buildError(`failed to decode Kubernetes apiVersion, kind and name from: ${JSON.stringify(object).slice(0, 300)}`)
    const substituted = variables === undefined ? object : substituteIn(object, variables)
    return commonMetadata === undefined ? substituted : withCommonMetadata(substituted, commonMetadata)
  })
  return { ...built, objects }
}

/** Undefined where nothing is put in. */
function variablesOf(spec: FluxSpec, from: SubstitutionOptions | undefined): SubstitutionOptions | undefined {
  if (spec.postBuild === undefined && from === undefined) return undefined
  const variables: Record<string, string> = {}
  for (const more of [from?.variables, spec.postBuild?.substitute])
    for (const [name, value] of Object.entries(more ?? {})) setOwn(variables, name, value.replaceAll('\n', ''))
  const always = from?.always === true || spec.postBuild?.substituteStrategy === 'Always'
  if (Object.keys(variables).length === 0 && !always) return undefined
  return { variables, ...(from?.strict === undefined ? {} : { strict: from.strict }) }
}

function substituteIn(object: KubeObject, substitution: SubstitutionOptions): KubeObject {
  const { labels, annotations } = object.metadata ?? {}
  if (labels?.[switchKey] === 'disabled' || annotations?.[switchKey] === 'disabled') return object
  const text = formatYaml(object)
  const where = `post build failed for '${object.kind}/${object.metadata?.name ?? ''}'`
  return parseYaml(substituteVariables(text, substitution, where), { source: where }) as unknown as KubeObject
}

async function hasKustomization(tree: Tree, path: string): Promise<boolean> {
  for (const name of kustomizationFiles) if ((await tree.hash(below(path, name))) !== undefined) return true
  return false
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`
}

/** The tree with a kustomization of everything in the directory. */
async function withKustomization(tree: Tree, path: string): Promise<Tree> {
  const resources: string[] = []
  await collect(tree, path, '', resources, { left: maxFiles })
  const file = below(path, 'kustomization.yaml')
  // A namespace keeps one of nothing from being empty, as Flux does it.
  const content = resources.length === 0 ? { namespace: '_placeholder' } : { resources }
  const text = formatYaml({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', ...content })
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
