import type { WorkTime } from '../../base/work-time.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { SchemaCatalogue } from '../../kube/schema/schema-node.js'
import type { Tree } from './tree.js'

/**
 * A renderer turns a path of a file tree into Kubernetes objects.
 *
 * Obligations:
 * - Pure: everything that counts is in the request. The same request gives the same result on any machine.
 * - Reads files only through `request.tree`, so that what was read can be traced and the result cached by content.
 * - Throws Stalled (a person must change the source) with file:line in the message where a file is at fault; it never
 *   answers with half of the objects.
 * - Gives each caller objects of its own, or frozen ones; objects are never changed after they are given out.
 */
export interface Renderer {
  /** `directory`, `kustomize`, `helm`. */
  readonly name: string
  /** True when the path looks like this renderer's input. Reads as little as possible. */
  detects(tree: Tree, path: string): Promise<boolean>
  render(request: RenderRequest): Promise<RenderResult>
}

export interface RenderRequest {
  readonly tree: Tree
  /** Directory below the tree's root, '' for the root itself. */
  readonly path: string
  /** The renderer's own settings: plain JSON data, since it is part of the cache key. Each renderer documents its form. */
  readonly options: RenderOptions
  /** What the objects are rendered for. */
  readonly target: RenderTarget
  /** How long it may hold the thread; the renderer's own limit unless told. No part of what is asked: it changes no result. */
  readonly time?: WorkTime
  /** Whose render it is (a repository's URL): who takes long makes only himself wait. The tree's id unless told. */
  readonly source?: string
}

export interface RenderOptions {
  readonly directory?: DirectoryOptions
  readonly kustomize?: KustomizeOverrides
  /** Settings of renderers that are added later. */
  readonly [renderer: string]: unknown
}

export interface RenderTarget {
  /** The namespace for objects that name none; renderers that need it (Helm) use it, others leave objects as they are. */
  readonly namespace: string
  /** `v1.34.1` of the destination, where known. */
  readonly kubeVersion?: string
  /** `v1`, `apps/v1`, `apps/v1/Deployment` of the destination, where known. */
  readonly apiVersions?: readonly string[]
  /** Reads the destination while a chart renders (`lookup`). Absent: nothing is found, as in Argo CD. Results are not kept. */
  readonly lookup?: (apiVersion: string, kind: string, namespace: string, name: string) => Promise<Record<string, unknown>>
}

export interface RenderResult {
  /** In the order in which the original tool prints them. */
  readonly objects: readonly KubeObject[]
  /** For people: deprecated fields, settings without effect ... */
  readonly warnings: readonly string[]
  /** True when what was read is not all in the request's tree: the result must not be kept for it. */
  readonly isVolatile?: boolean
}

/** Argo CD's `source.directory`. */
export interface DirectoryOptions {
  readonly recurse?: boolean
  /** Globs on the path below the rendered directory; several as `{a,b}`. */
  readonly include?: string
  readonly exclude?: string
  readonly jsonnet?: unknown
}

/** Argo CD's `source.kustomize`: edits of the top kustomization before it is built. */
export interface KustomizeOverrides {
  readonly namePrefix?: string
  readonly nameSuffix?: string
  /** `name=newName:tag`, `name:tag`, `name@digest`. */
  readonly images?: readonly string[]
  readonly replicas?: readonly { readonly name: string; readonly count: number | string }[]
  readonly commonLabels?: Readonly<Record<string, string>>
  readonly forceCommonLabels?: boolean
  readonly labelWithoutSelector?: boolean
  readonly labelIncludeTemplates?: boolean
  readonly commonAnnotations?: Readonly<Record<string, string>>
  readonly commonAnnotationsEnvsubst?: boolean
  readonly forceCommonAnnotations?: boolean
  readonly namespace?: string
  readonly patches?: readonly KustomizePatch[]
  readonly components?: readonly string[]
  readonly ignoreMissingComponents?: boolean
}

export interface KustomizePatch {
  readonly path?: string
  readonly patch?: string
  readonly target?: Readonly<Record<string, string>>
  readonly options?: Readonly<Record<string, boolean>>
}

/** What renderers share beyond a request. */
export interface RenderDependencies {
  /** Schemas of the kinds that strategic merge and scopes need; the built-in ones as a rule. */
  readonly schemas: SchemaCatalogue
  /** Absent: what a kustomization has on other servers is an error. */
  readonly remote?: RemoteSources
  /** Absent: charts in kustomizations are an error, as without kustomize's --enable-helm. */
  readonly charts?: ChartInflation
}

/** Charts in kustomizations (`helmCharts`). */
export interface ChartInflation {
  /** Fetches a chart that is not in the source. */
  pull(request: { readonly repo: string; readonly name: string; readonly version: string }): Promise<{ tree: Tree; path: string }>
  /** What `helm template` prints for the chart at `path`. Empty texts stand for what is not given. */
  render(request: {
    readonly tree: Tree
    readonly path: string
    readonly releaseName: string
    readonly nameTemplate: string
    readonly namespace: string
    /** Texts of values files, the last wins. */
    readonly values: readonly string[]
    readonly includeCrds: boolean
    readonly noHooks: boolean
    readonly skipTests: boolean
    readonly apiVersions: readonly string[]
    readonly kubeVersion: string
    /** That of the build which the chart is part of. */
    readonly time?: WorkTime
  }): Promise<string>
}

/** What kustomizations have on other servers. Whoever passes it allows the network. */
export interface RemoteSources {
  /** The files of a repository at a revision; '' is its default branch. */
  repository(request: {
    readonly repository: string
    readonly ref: string
    readonly timeoutSeconds: number
    readonly submodules: boolean
  }): Promise<Tree>
  /** A file on a web server. */
  file(url: string): Promise<Uint8Array>
}
