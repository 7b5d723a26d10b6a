import type { Comparison, ObjectState } from '../../../delivery/delivery.js'
import type { Application, ApplicationSpec, ApplicationStatus } from '../kinds/application.js'

/** For tests: an Application with a source and a destination. */
export function application(
  spec: Partial<ApplicationSpec> = {},
  status?: ApplicationStatus,
  more: Partial<Application> = {},
): Application {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'web', namespace: 'argocd' },
    spec: {
      project: 'default',
      destination: { name: 'east', namespace: 'shop' },
      source: { repoURL: 'https://git.example/fleet', path: 'web', targetRevision: 'main' },
      ...spec,
    },
    ...(status ? { status } : {}),
    ...more,
  }
}

export function objectState(name: string, more: Partial<ObjectState> = {}): ObjectState {
  return {
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    namespace: 'shop',
    name,
    sync: 'Synced',
    health: undefined,
    requiresPrune: false,
    live: true,
    wave: 0,
    hook: false,
    differences: [],
    ...more,
  }
}

export function comparisonOf(objects: readonly ObjectState[], more: Partial<Comparison> = {}): Comparison {
  const sync = objects.some((object) => object.sync === 'OutOfSync') ? 'OutOfSync' : 'Synced'
  return { sync, health: { status: 'Healthy' }, objects, problems: [], ...more }
}
