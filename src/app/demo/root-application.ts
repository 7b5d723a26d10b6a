import type { KubeObject } from '../../kube/object/kube-object.js'

/** The Application that makes the demo repository's ApplicationSets themselves follow the repository. */
export function demoRootApplication(repoUrl: string): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'fleet', namespace: 'argocd' },
    spec: {
      project: 'default',
      source: { repoURL: repoUrl, targetRevision: 'main', path: 'applicationsets' },
      destination: { name: 'in-cluster', namespace: 'argocd' },
      syncPolicy: { automated: { prune: true, selfHeal: true } },
    },
  }
}
