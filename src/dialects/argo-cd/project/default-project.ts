import type { AppProject } from '../kinds/app-project.js'

export const defaultProjectName = 'default'

/** The project that everything is allowed in: what an installation makes, and what counts while nobody has made one. */
export function defaultProject(namespace: string): AppProject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: defaultProjectName, namespace },
    spec: {
      sourceRepos: ['*'],
      destinations: [{ server: '*', namespace: '*' }],
      clusterResourceWhitelist: [{ group: '*', kind: '*' }],
    },
  }
}
