import type { Application, ApplicationSpec } from '../kinds/application.js'
import type { ApplicationSet, ApplicationSetTemplate } from '../kinds/application-set.js'
import type { Params } from './params.js'
import { renderTree } from './render-tree.js'
import { applyTemplatePatch } from './template-patch.js'
import type { TextRenderer } from './text-renderer.js'

export const resourcesFinalizer = 'resources-finalizer.argocd.argoproj.io'

/**
 * The application that a template gives for one set of parameters. Its namespace is the ApplicationSet's. Deleting it
 * deletes its resources (the resources finalizer) unless the template names finalizers of its own or the policy preserves
 * resources. As upstream, an empty set renders nothing: templates stay as they are and no finalizer is added.
 */
export function renderApplication(
  appSet: ApplicationSet,
  template: ApplicationSetTemplate,
  params: Params,
  text: TextRenderer,
): Application {
  const hasParams = Object.keys(params).length > 0
  const rendered = (hasParams ? renderTree(template, params, text) : template) as ApplicationSetTemplate
  const { name = '', labels, annotations, finalizers = [] } = rendered.metadata ?? {}
  const adds = hasParams && finalizers.length === 0 && appSet.spec.syncPolicy?.preserveResourcesOnDeletion !== true
  const allFinalizers = adds ? [resourcesFinalizer] : finalizers
  let application: Application = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(allFinalizers.length === 0 ? {} : { finalizers: [...allFinalizers] }),
    },
    spec: { project: '', destination: {}, ...(rendered.spec as Partial<ApplicationSpec> | undefined) },
  }
  if (appSet.spec.templatePatch !== undefined) {
    application = applyTemplatePatch(application, text.render(appSet.spec.templatePatch, params))
  }
  const namespace = appSet.metadata.namespace
  const { namespace: _own, ...metadata } = application.metadata
  return { ...application, metadata: namespace === undefined ? metadata : { ...metadata, namespace } }
}
