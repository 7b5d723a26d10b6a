/** Names that the Multi-Cluster Services API gives (KEP-1645), and our own on its objects. */
export const multiClusterNames = {
  serviceNameLabel: 'multicluster.kubernetes.io/service-name',
  sourceClusterLabel: 'multicluster.kubernetes.io/source-cluster',
  derivedServiceAnnotation: 'multicluster.kubernetes.io/derived-service',
  managedByLabel: 'endpointslice.kubernetes.io/managed-by',
  kubeServiceLabel: 'kubernetes.io/service-name',
  headlessLabel: 'service.kubernetes.io/headless',
  /** Value of `managedByLabel` on slices that the catalogue writes. */
  sliceManager: 'endpointslice-controller.flotilla.dev',
  /** On ServiceImports and Services that the catalogue has made: `services.flotilla.dev`. */
  ownerLabel: 'app.kubernetes.io/managed-by',
  owner: 'services.flotilla.dev',
  /** On a ServiceImport that a person wrote and the catalogue fills in: it is never deleted by us. */
  adoptedAnnotation: 'services.flotilla.dev/adopted',
  /** On ServiceImports: which labels and annotations came from the exports, `labels:a,b annotations:c`; others are left alone. */
  exportedKeysAnnotation: 'services.flotilla.dev/exported-keys',
  /** On slices that take no part in balancing now: the Service that would use them. */
  standbyLabel: 'services.flotilla.dev/standby-for',
  /** On slices: the priority of their endpoints, 0 for those in use. */
  priorityAnnotation: 'services.flotilla.dev/priority',
  /** On slices: share of all of their endpoints together, among slices of the same priority. */
  sliceWeightAnnotation: 'services.flotilla.dev/slice-weight',
  /** On slices that join a cluster's own Service: the priority of that Service's own endpoints. */
  ownPriorityAnnotation: 'services.flotilla.dev/own-priority',
  /** On slices: the name of the source cluster, where its id is another. */
  sourceNameAnnotation: 'services.flotilla.dev/source-name',
  /** Condition of a ServiceImport: False while a lease of a cluster whose endpoints it has is expired. */
  sourcesFreshCondition: 'services.flotilla.dev/SourcesFresh',
  /** On ServiceExports: who may import, and the share of the exporting cluster. */
  clustersAnnotation: 'services.flotilla.dev/clusters',
  clusterSelectorAnnotation: 'services.flotilla.dev/cluster-selector',
  weightAnnotation: 'services.flotilla.dev/weight',
} as const
