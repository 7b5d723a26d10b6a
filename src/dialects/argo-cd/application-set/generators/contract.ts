import type { Tree } from '../../../../delivery/render/tree.js'
import type { KubeObject } from '../../../../kube/object/kube-object.js'
import type { Generator } from '../../kinds/application-set.js'
import type { Params } from '../params.js'
import type { TextRenderer } from '../text-renderer.js'

/** What ApplicationSets may know of a cluster: the fields of its Secret. */
export interface ClusterFacts {
  readonly name: string
  /** As written in the Secret, a trailing slash included. */
  readonly server: string
  /** Empty: of no project. */
  readonly project: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** The part of the repositories that generators need. A repository that cannot be read throws, never answers with nothing. */
export interface GeneratorRepositories {
  resolve(url: string, revision: string): Promise<string>
  tree(url: string, commit: string): Promise<Tree>
}

/** What schedulers have decided, in the control plane's namespace. What is missing or cannot be read throws. */
export interface DecisionResources {
  /** The data of a ConfigMap. */
  settings(configMap: string): Promise<Readonly<Record<string, string>>>
  /** `kind`: the kind or its plural. Throws for one that is not served; what is served and matches nothing is an empty list. */
  list(
    kind: { readonly group: string; readonly version: string; readonly kind: string },
    where: { readonly name?: string; readonly labelSelector?: string; readonly namespace?: string },
  ): Promise<readonly KubeObject[]>
}

export interface GeneratorContext {
  readonly text: TextRenderer
  readonly clusters: readonly ClusterFacts[]
  readonly repositories: GeneratorRepositories
  readonly decisions: DecisionResources
  /** Whether file patterns of the git generator are doublestar globs instead of git's own. */
  readonly newGitFileGlobbing: boolean
  /** Something a person should look at that is no error. */
  warn(message: string): void
  /** Runs the one generator inside a combining one. `params` are what the generator before it gave. */
  runNested(generator: Generator, params: Params | undefined): Promise<Params[]>
}

/**
 * A generator turns its part of the spec and the facts into sets of parameters.
 * Obligations: the same facts give the same sets in the same order; each set is new (callers change it); what is missing or
 * cannot be read is an error, never an empty answer, since an empty answer deletes applications; messages say which field
 * is wrong.
 */
export interface GeneratorKind {
  /** The field of a `generators` entry. */
  readonly name: string
  /** Whether it holds generators itself. */
  readonly combines: boolean
  generate(spec: Readonly<Record<string, unknown>>, context: GeneratorContext): Promise<Params[]>
  /** Seconds after which the facts may have changed without any event; undefined when an event always tells. */
  recheckSeconds(
    spec: Readonly<Record<string, unknown>>,
    nested: (generator: Generator) => number | undefined,
  ): number | undefined
}

/** How often upstream looks at repositories again. */
export const defaultRecheckSeconds = 180

/** The earliest of several times to look again. */
export function earliest(seconds: readonly (number | undefined)[]): number | undefined {
  const known = seconds.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
