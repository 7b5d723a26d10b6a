import type { RenderDependencies, Renderer } from './contract.js'
import { createDirectoryRenderer } from './directory/directory-renderer.js'
import { createHelmRenderer, type HelmRendererOptions } from './helm/helm-renderer.js'
import { createKustomizeRenderer } from './kustomize/kustomize-renderer.js'

export interface RenderersOptions extends RenderDependencies {
  /** Absent: there is no renderer for charts. */
  readonly helm?: HelmRendererOptions
}

/** All renderers, in the order in which they are asked whether a path is theirs; plain directories take what is left. */
export function createRenderers(dependencies: RenderersOptions): readonly Renderer[] {
  const helm = dependencies.helm === undefined ? [] : [createHelmRenderer(dependencies.helm)]
  // Both kinds of builds are bounded by the same clock.
  const elapsed = dependencies.helm?.elapsed
  const kustomize = createKustomizeRenderer({ ...dependencies, ...(elapsed === undefined ? {} : { elapsed }) })
  return [kustomize, ...helm, createDirectoryRenderer()]
}
