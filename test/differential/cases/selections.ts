import type { Case, Step } from '../case.js'

/** What field selectors find: objects that have the field, that leave it out, and that have it where nobody looks. */
const marked = { run: '${id}' }
const rows = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
const make = (path: string, body: object): Step => ({ method: 'POST', path, body, silent: true })
const status = (path: string, body: object): Step => ({
  method: 'PATCH',
  path: `${path}/status`,
  as: 'merge',
  body,
  silent: true,
})
const find = (path: string, fieldSelector: string, more: Step['query'] = {}): Step => ({
  method: 'GET',
  path,
  query: { fieldSelector, labelSelector: 'run=${id}', includeObject: 'None', ...more },
  headers: rows,
})
const each = (path: string, ...selectors: string[]): Step[] => selectors.map((selector) => find(path, selector))

const core = '/api/v1/namespaces/${ns}'
const container = { name: 'c', image: 'registry.example/app:1' }
const pod = (name: string, spec: object = {}) => ({
  metadata: { name, labels: marked },
  spec: { automountServiceAccountToken: false, containers: [container], ...spec },
})
const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [container] } }

const pods = `${core}/pods`
const podSteps: Step[] = [
  make(pods, pod('plain')),
  make(pods, pod('host', { hostNetwork: true, nodeName: 'node-${id}', schedulerName: 'mine', restartPolicy: 'Never' })),
  make(pods, pod('done', { nodeName: 'node-${id}' })),
  status(`${pods}/done`, { status: { phase: 'Succeeded', podIP: '10.1.2.3', podIPs: [{ ip: '10.1.2.3' }] } }),
  ...each(
    pods,
    'spec.hostNetwork=false',
    'spec.hostNetwork=true',
    'spec.hostNetwork!=true',
    'spec.hostNetwork=',
    'spec.nodeName=node-${id}',
    'spec.nodeName=',
    'spec.nodeName!=node-${id}',
    'spec.host=node-${id}',
    'spec.host!=node-${id}',
    'spec.schedulerName=mine',
    'spec.schedulerName=default-scheduler',
    'spec.restartPolicy=Always',
    'spec.serviceAccountName=default',
    'status.phase=Pending',
    'status.phase!=Succeeded,status.phase!=Failed',
    'status.podIP=10.1.2.3',
    'status.podIPs=10.1.2.3',
    'status.podIPs=',
    'status.podIPs!=x',
    'status.nominatedNodeName=',
    'metadata.name=plain,spec.hostNetwork=false',
    'metadata.namespace!=${ns}',
  ),
  {
    method: 'DELETE',
    path: pods,
    query: { fieldSelector: 'spec.hostNetwork=false,spec.nodeName=', labelSelector: 'run=${id}', gracePeriodSeconds: '0' },
    silent: true,
  },
  find(pods, 'metadata.name!=x'),
]

const nodes = '/api/v1/nodes'
const nodeSteps: Step[] = [
  make(nodes, { metadata: { name: 'open-${id}', labels: marked } }),
  make(nodes, { metadata: { name: 'shut-${id}', labels: marked }, spec: { unschedulable: true } }),
  ...each(
    nodes,
    'spec.unschedulable=false',
    'spec.unschedulable=true',
    'spec.unschedulable!=true',
    'spec.unschedulable=',
    'metadata.name=open-${id},spec.unschedulable=false',
    'metadata.namespace=',
    'metadata.namespace=x',
  ),
  ...['open', 'shut'].map((name): Step => ({ method: 'DELETE', path: `${nodes}/${name}-\${id}`, silent: true })),
]

const jobs = '/apis/batch/v1/namespaces/${ns}/jobs'
const jobSteps: Step[] = [
  ...['none', 'some'].map((name) =>
    make(jobs, {
      metadata: { name, labels: marked },
      spec: { completions: 3, template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
    }),
  ),
  status(`${jobs}/some`, { status: { succeeded: 2, startTime: '2026-01-01T00:00:00Z' } }),
  ...each(
    jobs,
    'status.successful=0',
    'status.successful=2',
    'status.successful!=0',
    'status.successful=',
    'status.succeeded=2',
    'metadata.namespace=${ns}',
  ),
]

const controllers = `${core}/replicationcontrollers`
const controllerSteps: Step[] = [
  ...['none', 'some'].map((name) =>
    make(controllers, { metadata: { name, labels: marked }, spec: { replicas: 2, selector: { app: 'x' }, template } }),
  ),
  status(`${controllers}/some`, { status: { replicas: 2 } }),
  ...each(controllers, 'status.replicas=0', 'status.replicas=2', 'status.replicas!=2', 'status.replicas='),
]

const events = `${core}/events`
const event = (name: string, more: object) => ({
  metadata: { name, labels: marked },
  involvedObject: { kind: 'Pod', namespace: '${ns}', name: 'p' },
  ...more,
})
const modern = { eventTime: '2026-01-01T00:00:00.000000Z', action: 'Look', reportingInstance: 'i' }
const eventSteps: Step[] = [
  make(events, event('old', { source: { component: 'kubelet', host: 'n' }, reason: 'A', type: 'Normal' })),
  make(events, event('new', { ...modern, reportingComponent: 'example.com/x', reason: 'B', type: 'Warning' })),
  make(
    events,
    event('both', {
      ...modern,
      source: { component: 'kubelet' },
      reportingComponent: 'example.com/x',
      reason: 'B',
      type: 'Warning',
    }),
  ),
  ...each(
    events,
    'source=kubelet',
    'source=example.com/x',
    'source!=kubelet',
    'reportingComponent=example.com/x',
    'reportingComponent=kubelet',
    'type!=Normal,reason=B',
    'involvedObject.kind=Pod,involvedObject.name=p',
    'involvedObject.fieldPath=',
    'involvedObject.uid=',
  ),
  ...each(
    '/apis/events.k8s.io/v1/namespaces/${ns}/events',
    'reportingController=example.com/x',
    'reportingController=kubelet',
    'regarding.kind=Pod',
    'reason=A',
    'source=kubelet',
  ),
]

const namespaces = '/api/v1/namespaces'
const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
const secrets = `${core}/secrets`
const services = `${core}/services`
const otherSteps: Step[] = [
  make(secrets, { metadata: { name: 'plain', labels: marked } }),
  make(secrets, { metadata: { name: 'typed', labels: marked }, type: 'example.com/mine' }),
  ...each(secrets, 'type=Opaque', 'type=example.com/mine', 'type!=Opaque', 'type='),
  make(services, {
    metadata: { name: 'headless', labels: marked },
    spec: { clusterIP: 'None', selector: { a: 'b' }, ports: [{ port: 80 }] },
  }),
  make(services, { metadata: { name: 'outside', labels: marked }, spec: { type: 'ExternalName', externalName: 'example.com' } }),
  ...each(services, 'spec.clusterIP=None', 'spec.clusterIP=', 'spec.type=ClusterIP', 'spec.type!=ClusterIP'),
  ...each(namespaces, 'metadata.namespace=', 'metadata.namespace=x', 'status.phase='),
  ...each(requests, 'metadata.namespace=', 'spec.signerName='),
  ...each('/api/v1/persistentvolumes', 'metadata.namespace=', 'metadata.namespace=x'),
  ...each('/apis/apps/v1/namespaces/${ns}/deployments', 'metadata.namespace=x', 'metadata.namespace!=x'),
]

const watchSteps: Step[] = [
  make(pods, pod('later')),
  { method: 'PATCH', path: `${pods}/later`, as: 'merge', body: { metadata: { annotations: { a: 'b' } } }, silent: true },
  {
    method: 'GET',
    path: pods,
    query: {
      watch: 'true',
      resourceVersion: '0',
      fieldSelector: 'spec.hostNetwork=false,spec.nodeName=',
      labelSelector: 'run=${id}',
      includeObject: 'None',
      timeoutSeconds: '2',
    },
    headers: rows,
    events: 1,
  },
]

export const selectionCases: readonly Case[] = [
  { name: 'pods', steps: podSteps },
  { name: 'nodes', steps: nodeSteps },
  { name: 'jobs', steps: jobSteps },
  { name: 'replication controllers', steps: controllerSteps },
  { name: 'events', steps: eventSteps },
  { name: 'others', steps: otherSteps },
  { name: 'watches', steps: watchSteps },
]
