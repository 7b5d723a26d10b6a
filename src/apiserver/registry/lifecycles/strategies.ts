import type { ScalePaths, SelectableField, Strategy } from './strategy.js'

const workloadScale: ScalePaths = {
  specReplicas: 'spec.replicas',
  statusReplicas: 'status.replicas',
  selector: 'spec.selector',
  selectorIs: 'label-selector',
}

/** A field of Go's that is not written when it is false or zero. */
const zero = (path: string, absent: string): SelectableField => ({ path, absent })

const same = (...paths: string[]): Record<string, string> => Object.fromEntries(paths.map((path) => [path, path]))

/** Kinds whose metadata is written by many, without status or generation. */
const upsert: Strategy = { createOnUpdate: true }

/**
 * The built-in resources that are not plain. Absent ones have no status, no generation, no further field selectors, and take
 * PUT without a resourceVersion. Sources: the strategies of kubernetes/kubernetes pkg/registry.
 */
export const strategies: Readonly<Record<string, Strategy>> = {
  pods: {
    status: true,
    initialStatus: { phase: 'Pending' },
    generation: true,
    selectable: {
      ...same(
        'spec.nodeName',
        'spec.restartPolicy',
        'spec.schedulerName',
        'spec.serviceAccountName',
        'status.phase',
        'status.podIP',
        'status.nominatedNodeName',
      ),
      'spec.host': 'spec.nodeName',
      'spec.hostNetwork': zero('spec.hostNetwork', 'false'),
      // Upstream knows the label and gives it no value.
      'status.podIPs': 'none',
    },
  },
  nodes: { status: true, keepsStatusOnCreate: true, selectable: { 'spec.unschedulable': zero('spec.unschedulable', 'false') } },
  namespaces: { status: true, initialStatus: { phase: 'Active' }, selectable: same('status.phase') },
  services: {
    status: true,
    initialStatus: { loadBalancer: {} },
    createOnUpdate: true,
    selectable: same('spec.clusterIP', 'spec.type'),
  },
  secrets: { selectable: same('type') },
  endpoints: upsert,
  limitranges: upsert,
  events: {
    createOnUpdate: true,
    uncollected: true,
    selectable: {
      ...same(
        'involvedObject.kind',
        'involvedObject.namespace',
        'involvedObject.name',
        'involvedObject.uid',
        'involvedObject.apiVersion',
        'involvedObject.resourceVersion',
        'involvedObject.fieldPath',
        'reason',
        'type',
      ),
      reportingComponent: 'reportingComponent',
      source: { path: 'source.component', or: 'reportingComponent' },
    },
  },
  replicationcontrollers: {
    status: true,
    orphansByDefault: true,
    initialStatus: { replicas: 0 },
    generation: true,
    selectable: { 'status.replicas': zero('status.replicas', '0') },
    scale: { ...workloadScale, selectorIs: 'map' },
  },
  persistentvolumes: { status: true, initialStatus: { phase: 'Pending' } },
  persistentvolumeclaims: { status: true, initialStatus: { phase: 'Pending' } },
  podtemplates: { generation: true },
  resourcequotas: { status: true, initialStatus: {} },
  'deployments.apps': {
    status: true,
    initialStatus: {},
    generation: true,
    generationCountsAnnotations: true,
    statusKeeps: 'labels',
    scale: workloadScale,
  },
  'replicasets.apps': {
    status: true,
    initialStatus: { replicas: 0 },
    generation: true,
    scale: workloadScale,
  },
  'statefulsets.apps': {
    status: true,
    initialStatus: { replicas: 0, availableReplicas: 0 },
    generation: true,
    scale: workloadScale,
  },
  'daemonsets.apps': {
    status: true,
    initialStatus: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
    generation: true,
  },
  'jobs.batch': {
    status: true,
    initialStatus: {},
    generation: true,
    orphansByDefault: true,
    selectable: { 'status.successful': zero('status.succeeded', '0') },
  },
  'cronjobs.batch': { status: true, initialStatus: {}, generation: true },
  'ingresses.networking.k8s.io': { status: true, initialStatus: { loadBalancer: {} }, generation: true },
  'networkpolicies.networking.k8s.io': { generation: true },
  'ingressclasses.networking.k8s.io': { generation: true },
  'servicecidrs.networking.k8s.io': { status: true, statusKeeps: 'metadata', initialStatus: {} },
  'poddisruptionbudgets.policy': {
    status: true,
    initialStatus: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    generation: true,
    versionedUpdate: true,
  },
  'horizontalpodautoscalers.autoscaling': { status: true, initialStatus: { desiredReplicas: 0, currentMetrics: null } },
  'certificatesigningrequests.certificates.k8s.io': {
    status: true,
    initialStatus: {},
    ownsNoSpec: true,
    selectable: same('spec.signerName'),
  },
  'customresourcedefinitions.apiextensions.k8s.io': { status: true, initialStatus: {}, generation: true, versionedUpdate: true },
  'apiservices.apiregistration.k8s.io': { status: true, initialStatus: {}, versionedUpdate: true },
  'volumeattachments.storage.k8s.io': {
    status: true,
    statusKeeps: 'metadata',
    initialStatus: { attached: false },
    versionedUpdate: true,
  },
  'flowschemas.flowcontrol.apiserver.k8s.io': { status: true, statusKeeps: 'metadata', initialStatus: {}, generation: true },
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': {
    status: true,
    statusKeeps: 'metadata',
    initialStatus: {},
    generation: true,
  },
  'validatingadmissionpolicies.admissionregistration.k8s.io': { status: true, initialStatus: {}, generation: true },
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': { generation: true },
  'validatingwebhookconfigurations.admissionregistration.k8s.io': { generation: true, versionedUpdate: true },
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': { generation: true, versionedUpdate: true },
  'priorityclasses.scheduling.k8s.io': { generation: 'first' },
  'endpointslices.discovery.k8s.io': {
    generation: true,
    generationCountsLabels: true,
  },
  'leases.coordination.k8s.io': { createOnUpdate: true, versionedUpdate: true },
  'runtimeclasses.node.k8s.io': { createOnUpdate: true, versionedUpdate: true },
  'csidrivers.storage.k8s.io': { versionedUpdate: true, generation: 'later' },
  'csinodes.storage.k8s.io': { versionedUpdate: true },
  'csistoragecapacities.storage.k8s.io': { versionedUpdate: true },
  'roles.rbac.authorization.k8s.io': upsert,
  'rolebindings.rbac.authorization.k8s.io': upsert,
  'clusterroles.rbac.authorization.k8s.io': upsert,
  'clusterrolebindings.rbac.authorization.k8s.io': upsert,
}
