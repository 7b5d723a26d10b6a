import { schema } from './define-kind.js'

// The parts that several kinds share, with the fields of argoproj.io/v1alpha1 as upstream names them.
const { text, integer, flag, list, map, open, object, word, time, textOrInteger } = schema

export const labels = map(text())

export const helmSource = object({
  apiVersions: list(text()),
  fileParameters: list(object({ name: text(), path: text() })),
  ignoreMissingValueFiles: flag(),
  kubeVersion: text(),
  namespace: text(),
  parameters: list(object({ name: text(), value: text(), forceString: flag() })),
  passCredentials: flag(),
  releaseName: text(),
  skipCrds: flag(),
  skipSchemaValidation: flag(),
  skipTests: flag(),
  valueFiles: list(text()),
  values: text(),
  valuesObject: open(),
  version: text(),
})

export const kustomizeSource = object({
  apiVersions: list(text()),
  commonAnnotations: labels,
  commonAnnotationsEnvsubst: flag(),
  commonLabels: labels,
  components: list(text()),
  forceCommonAnnotations: flag(),
  forceCommonLabels: flag(),
  ignoreMissingComponents: flag(),
  images: list(text()),
  kubeVersion: text(),
  labelIncludeTemplates: flag(),
  labelWithoutSelector: flag(),
  namePrefix: text(),
  nameSuffix: text(),
  namespace: text(),
  patches: list(
    object({
      options: map(flag()),
      patch: text(),
      path: text(),
      target: object({
        annotationSelector: text(),
        group: text(),
        kind: text(),
        labelSelector: text(),
        name: text(),
        namespace: text(),
        version: text(),
      }),
    }),
  ),
  replicas: list(object({ name: text(), count: textOrInteger() }, ['name', 'count'])),
  version: text(),
})

export const source = object(
  {
    chart: text('Helm chart name, for sources that are Helm repositories'),
    directory: object({
      exclude: text('A glob of files to leave out'),
      include: text('A glob of files to take'),
      jsonnet: open(),
      recurse: flag(),
    }),
    helm: helmSource,
    kustomize: kustomizeSource,
    name: text(),
    path: text('Directory in the repository'),
    plugin: open(),
    ref: text('Name under which other sources refer to this one'),
    repoURL: text('Git repository or Helm repository'),
    tagPrefix: text(),
    targetRevision: text('Branch, tag, commit, version range; HEAD if empty'),
  },
  ['repoURL'],
)

export const destination = object({
  name: text('Name of the cluster, instead of server'),
  namespace: text('Namespace for objects that name none'),
  server: text('URL of the API server of the cluster, instead of name'),
})

export const ignoreDifferences = list(
  object(
    {
      group: text(),
      jqPathExpressions: list(text()),
      jsonPointers: list(text()),
      kind: text(),
      managedFieldsManagers: list(text()),
      name: text(),
      namespace: text(),
    },
    ['kind'],
  ),
)

export const retry = object({
  backoff: object({ duration: text(), factor: integer(), maxDuration: text() }),
  limit: integer('How often a failed sync is tried again; below 0: without end'),
  refresh: flag(),
})

export const info = list(object({ name: text(), value: text() }, ['name', 'value']))

const namespaceMetadata = object({ annotations: labels, labels })

export const syncPolicy = object({
  automated: object({ allowEmpty: flag(), enabled: flag(), prune: flag(), selfHeal: flag() }),
  managedNamespaceMetadata: namespaceMetadata,
  retry,
  syncOptions: list(text()),
})

export const applicationSpecFields = {
  destination,
  ignoreDifferences,
  info,
  project: text('AppProject that says what is allowed'),
  revisionHistoryLimit: integer(),
  source,
  sourceHydrator: open(),
  sources: list(source),
  syncPolicy,
}

const initiatedBy = object({ automated: flag(), username: text() })

export const operation = object({
  info: list(object({ name: text(), value: text() }, ['name', 'value'])),
  initiatedBy,
  retry,
  sync: object({
    autoHealAttemptsCount: integer(),
    selfHealAttemptsCount: integer(),
    dryRun: flag(),
    manifests: list(text()),
    prune: flag(),
    resources: list(object({ group: text(), kind: text(), name: text(), namespace: text() }, ['kind', 'name'])),
    revision: text(),
    revisions: list(text()),
    source,
    sources: list(source),
    syncOptions: list(text()),
    syncStrategy: object({ apply: object({ force: flag() }), hook: object({ force: flag() }) }),
  }),
})

const healthStatus = word('Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown')
const syncStatus = word('Synced', 'OutOfSync', 'Unknown')
const health = object({ lastTransitionTime: time(), message: text(), status: healthStatus })

export const resourceStatus = object(
  {
    group: text(),
    health,
    hook: flag(),
    kind: text(),
    name: text(),
    namespace: text(),
    requiresDeletionConfirmation: flag(),
    requiresPruning: flag(),
    status: syncStatus,
    syncWave: integer(),
    version: text(),
  },
  ['kind', 'name'],
)

const history = object(
  {
    deployStartedAt: time(),
    deployedAt: time(),
    id: integer(),
    initiatedBy,
    revision: text(),
    revisions: list(text()),
    source,
    sources: list(source),
  },
  ['deployedAt', 'id'],
)

const phase = word('Running', 'Terminating', 'Failed', 'Error', 'Succeeded')

const syncedResource = object(
  {
    group: text(),
    hookPhase: phase,
    hookType: text(),
    images: list(text()),
    kind: text(),
    message: text(),
    name: text(),
    namespace: text(),
    status: word('Synced', 'SyncFailed', 'Pruned', 'PruneSkipped'),
    syncPhase: word('PreSync', 'Sync', 'PostSync', 'SyncFail'),
    version: text(),
  },
  ['group', 'kind', 'name', 'namespace', 'version'],
)

const operationState = object(
  {
    finishedAt: time(),
    message: text(),
    operation,
    phase,
    retryCount: integer(),
    startedAt: time(),
    syncResult: object({
      managedNamespaceMetadata: namespaceMetadata,
      resources: list(syncedResource),
      revision: text(),
      revisions: list(text()),
      source,
      sources: list(source),
    }),
  },
  ['operation', 'phase', 'startedAt'],
)

export const applicationStatus = object({
  conditions: list(object({ lastTransitionTime: time(), message: text(), type: text() }, ['message', 'type'])),
  controllerNamespace: text(),
  health,
  history: list(history),
  observedAt: time(),
  operationState,
  reconciledAt: time(),
  resourceHealthSource: word('inline', 'appTree'),
  resources: list(resourceStatus),
  sourceHydrator: open(),
  sourceType: text(),
  sourceTypes: list(text()),
  summary: object({ externalURLs: list(text()), images: list(text()), isAppOfApps: flag() }),
  sync: object(
    {
      comparedTo: object({ destination, ignoreDifferences, source, sources: list(source) }, ['destination']),
      revision: text(),
      revisions: list(text()),
      status: syncStatus,
    },
    ['status'],
  ),
})
