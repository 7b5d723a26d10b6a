import { defineKind, type Kind, type Schema, schema } from './define-kind.js'
import { applicationSetType, applicationType, appProjectType } from './resource-types.js'
import {
  applicationSpecFields,
  applicationStatus,
  destination,
  labels,
  operation,
  resourceStatus,
  source,
  syncPolicy,
} from './schemas.js'

const { text, integer, flag, list, map, open, object } = schema

export const applicationSpec = object(applicationSpecFields, ['destination', 'project'])

export const applicationKind: Kind = defineKind({
  type: applicationType,
  description: 'What shall run on a cluster, from where, and how it stands.',
  fields: { spec: applicationSpec, status: applicationStatus, operation },
  required: ['spec'],
  columns: [
    { name: 'Sync Status', type: 'string', jsonPath: '.status.sync.status' },
    { name: 'Health Status', type: 'string', jsonPath: '.status.health.status' },
    { name: 'Revision', type: 'string', jsonPath: '.status.sync.revision', priority: 10 },
    { name: 'Project', type: 'string', jsonPath: '.spec.project', priority: 10 },
  ],
})

const groupKinds = list(object({ group: text(), kind: text(), name: text() }, ['group', 'kind']))

export const appProjectSpec = object({
  clusterResourceBlacklist: groupKinds,
  clusterResourceWhitelist: groupKinds,
  description: text(),
  destinationServiceAccounts: list(open()),
  destinations: list(object({ name: text(), namespace: text(), server: text() })),
  namespaceResourceBlacklist: groupKinds,
  namespaceResourceWhitelist: groupKinds,
  orphanedResources: open(),
  permitOnlyProjectScopedClusters: flag(),
  roles: list(open()),
  signatureKeys: list(open()),
  sourceIntegrity: open(),
  sourceNamespaces: list(text()),
  sourceRepos: list(text()),
  syncWindows: list(open()),
})

export const appProjectKind: Kind = defineKind({
  type: appProjectType,
  description: 'Which sources, destinations and kinds the Applications of a project may use.',
  fields: { spec: appProjectSpec, status: open() },
  required: ['spec'],
  columns: [],
})

const selector = object({
  matchExpressions: list(object({ key: text(), operator: text(), values: list(text()) }, ['key', 'operator'])),
  matchLabels: labels,
})

// A template's fields may be whatever a generator's own template leaves out, so nothing in it is required here: the
// controller fills in the project and reports what is missing in the Application that comes out.
const template = object(
  {
    metadata: object({
      annotations: labels,
      finalizers: list(text()),
      labels,
      name: text(),
      namespace: text(),
    }),
    spec: object({ ...applicationSpecFields, source: lenient(source), sources: list(lenient(source)), destination, syncPolicy }),
  },
  ['metadata', 'spec'],
)

function lenient<T>(of: Schema<T>): Schema<T> {
  const { required: _required, ...openApi } = of.openApi
  return { openApi }
}

const paths = list(object({ exclude: flag(), path: text() }, ['path']))

/** Combinators hold generators inside generators: what is in them is checked by the controller. */
const generator = object({
  clusterDecisionResource: object(
    {
      configMapRef: text(),
      labelSelector: selector,
      name: text(),
      requeueAfterSeconds: integer(),
      template,
      values: map(text()),
    },
    ['configMapRef'],
  ),
  clusters: object({ flatList: flag(), selector, template, values: map(text()) }),
  git: object(
    {
      directories: paths,
      files: paths,
      pathParamPrefix: text(),
      repoURL: text(),
      requeueAfterSeconds: integer(),
      revision: text(),
      template,
      values: map(text()),
    },
    ['repoURL'],
  ),
  list: object({ elements: list(open()), elementsYaml: text(), template }),
  matrix: object({ generators: list(open()), template }, ['generators']),
  merge: object({ generators: list(open()), mergeKeys: list(text()), template }, ['generators', 'mergeKeys']),
  plugin: open(),
  pullRequest: open(),
  scmProvider: open(),
  selector,
})

export const applicationSetSpec = object(
  {
    applyNestedSelectors: flag(),
    generators: list(generator),
    goTemplate: flag(),
    goTemplateOptions: list(text()),
    ignoreApplicationDifferences: list(object({ jqPathExpressions: list(text()), jsonPointers: list(text()), name: text() })),
    preservedFields: object({ annotations: list(text()), labels: list(text()) }),
    strategy: object({ deletionOrder: text(), rollingSync: open(), type: text() }),
    syncPolicy: object({
      applicationsSync: schema.choice('create-only', 'create-update', 'create-delete', 'sync'),
      preserveResourcesOnDeletion: flag(),
    }),
    template,
    templatePatch: text(),
  },
  ['generators', 'template'],
)

export const applicationSetStatus = object({
  applicationStatus: list(open()),
  conditions: list(
    object(
      {
        lastTransitionTime: schema.time(),
        message: text(),
        reason: text(),
        status: schema.word('True', 'False', 'Unknown'),
        type: text(),
      },
      ['message', 'reason', 'status', 'type'],
    ),
  ),
  health: object({ lastTransitionTime: schema.time(), message: text(), status: text() }),
  resources: list(resourceStatus),
  resourcesCount: integer(),
})

export const applicationSetKind: Kind = defineKind({
  type: applicationSetType,
  description: 'Makes Applications out of a template and generators.',
  fields: { spec: applicationSetSpec, status: applicationSetStatus },
  required: ['spec'],
  columns: [],
})

export const argoCdKinds: readonly Kind[] = [appProjectKind, applicationKind, applicationSetKind]
