import { isObject } from '../../../base/json.js'
import type { Call } from '../model/call.js'
import type { ClusterIdentity, ClusterModel, ClusterTool } from '../model/cluster-model.js'
import type { Document, KubeDocument } from '../model/document.js'
import type { HelmValues } from '../model/helm-values.js'
import type { Settings } from '../model/settings.js'
import type { Spot } from '../model/spot.js'
import type { Fact, View } from '../model/view.js'

/** A cluster while its facts are being gathered. */
export interface ClusterDraft {
  readonly name: string
  readonly aliases: Set<string>
  live: boolean
  readonly definedBy: Spot[]
  readonly versions: Fact<string>[]
  readonly podCidrs: Fact<string>[]
  readonly serviceCidrs: Fact<string>[]
  readonly nodeCidrs: Fact<string>[]
  readonly regions: Fact<string>[]
  readonly labels: Record<string, string>
  readonly identities: ClusterIdentity[]
  readonly values: HelmValues[]
  readonly servers: Fact<string>[]
  readonly objects: KubeDocument[]
}

export class ClusterDrafts {
  readonly #byName = new Map<string, ClusterDraft>()
  readonly #byAlias = new Map<string, ClusterDraft>()

  named(name: string): ClusterDraft {
    const known = this.#byName.get(name) ?? this.#byAlias.get(name)
    if (known !== undefined) return known
    const draft: ClusterDraft = {
      name,
      aliases: new Set(),
      live: false,
      definedBy: [],
      versions: [],
      podCidrs: [],
      serviceCidrs: [],
      nodeCidrs: [],
      regions: [],
      labels: {},
      identities: [],
      values: [],
      servers: [],
      objects: [],
    }
    this.#byName.set(name, draft)
    return draft
  }

  /** A tool's own name of a cluster. It is another name of it unless some cluster already goes by that. */
  identify(draft: ClusterDraft, tool: ClusterTool, value: string | undefined, at: Spot): void {
    if (value === undefined) return
    draft.identities.push({ tool, value, at })
    if (
      tool === 'cilium-id' ||
      tool === 'istio-network' ||
      tool === 'istio-mesh' ||
      value === draft.name ||
      this.#byName.has(value)
    )
      return
    this.alias(draft, value)
  }

  /** Another name of a cluster; the first that claims it has it. */
  alias(draft: ClusterDraft, name: string): void {
    if (this.#byName.has(name) || this.#byAlias.has(name)) return
    draft.aliases.add(name)
    this.#byAlias.set(name, draft)
  }

  finish(): ClusterModel[] {
    return [...this.#byName.values()].map((draft) => ({
      ...draft,
      aliases: [...draft.aliases].filter((alias) => !this.#byName.has(alias)),
    }))
  }
}

/** The clusters that the inputs tell of. */
export function collectClusters(
  documents: readonly Document[],
  objects: readonly KubeDocument[],
  values: readonly HelmValues[],
  calls: readonly Call[],
  settings: Settings,
  live: readonly string[],
): ClusterModel[] {
  const drafts = new ClusterDrafts()
  for (const told of settings.clusters) {
    const draft = drafts.named(told.name)
    for (const alias of [...told.aliases, ...told.contexts]) drafts.alias(draft, alias)
    draft.definedBy.push(told.at)
    if (told.version !== undefined) draft.versions.push({ value: told.version, at: told.at })
    Object.assign(draft.labels, told.labels)
  }
  for (const name of live) drafts.named(name).live = true
  for (const document of documents) if (document.cluster !== undefined) drafts.named(document.cluster)
  for (const object of objects) {
    if (object.cluster !== undefined) drafts.named(object.cluster).objects.push(object)
    readers[`${object.kind}.${object.group}`]?.(object, drafts)
  }
  for (const found of values) readValues(found, drafts)
  for (const document of documents) if (document.role === 'kubeconfig') readKubeconfig(document, drafts)
  for (const call of calls) readCall(call, drafts)
  return drafts.finish()
}

function facts(view: View, ...path: (string | number)[]): Fact<string>[] {
  const value = view.get(...path)
  if (typeof value === 'string')
    return value
      .split(/[, ]+/)
      .filter(Boolean)
      .map((each) => ({ value: each, at: view.at(...path).says(each) }))
  return view
    .items(...path)
    .flatMap((item) => (typeof item.value === 'string' ? [{ value: item.value, at: item.at().says(item.value) }] : []))
}

function define(
  drafts: ClusterDrafts,
  object: KubeDocument,
  name: string | undefined,
  tool: ClusterTool,
): ClusterDraft | undefined {
  if (name === undefined) return undefined
  const draft = drafts.named(name)
  draft.definedBy.push(object.at('metadata', 'name'))
  drafts.identify(draft, tool, name, object.at('metadata', 'name'))
  for (const [key, value] of Object.entries(object.map('metadata', 'labels')))
    if (typeof value === 'string') draft.labels[key] ??= value
  return draft
}

/** By `Kind.group`. */
const readers: Readonly<Record<string, (object: KubeDocument, drafts: ClusterDrafts) => void>> = {
  'Cluster.cluster.x-k8s.io': (object, drafts) => {
    const draft = define(drafts, object, object.text('metadata', 'name'), 'cluster-api')
    if (draft === undefined) return
    draft.podCidrs.push(...facts(object, 'spec', 'clusterNetwork', 'pods', 'cidrBlocks'))
    draft.serviceCidrs.push(...facts(object, 'spec', 'clusterNetwork', 'services', 'cidrBlocks'))
    draft.versions.push(...facts(object, 'spec', 'topology', 'version'))
  },
  'AWSCluster.infrastructure.cluster.x-k8s.io': (object, drafts) => {
    const name = object.label('cluster.x-k8s.io/cluster-name') ?? object.text('metadata', 'name')
    if (name === undefined) return
    const draft = drafts.named(name)
    draft.nodeCidrs.push(...facts(object, 'spec', 'network', 'vpc', 'cidrBlock'))
    for (const subnet of object.items('spec', 'network', 'subnets')) draft.nodeCidrs.push(...facts(subnet, 'cidrBlock'))
    draft.regions.push(...facts(object, 'spec', 'region'))
  },
  'Secret.': (object, drafts) => {
    if (object.label('argocd.argoproj.io/secret-type') !== 'cluster') return
    const name = object.text('stringData', 'name') ?? plainBase64(object.text('data', 'name'))
    if (name === undefined || name === 'in-cluster') return
    const draft = define(drafts, object, name, 'argo-cd')
    draft?.servers.push(...facts(object, 'stringData', 'server'))
  },
  'KubeFedCluster.core.kubefed.io': (object, drafts) => {
    define(drafts, object, object.text('metadata', 'name'), 'kubefed')?.servers.push(...facts(object, 'spec', 'apiEndpoint'))
  },
  'Cluster.fleet.cattle.io': (object, drafts) => {
    define(drafts, object, object.text('metadata', 'name'), 'rancher-fleet')
  },
  'ClusterProfile.multicluster.x-k8s.io': (object, drafts) => {
    define(drafts, object, object.text('metadata', 'name'), 'cluster-profile')?.versions.push(
      ...facts(object, 'status', 'version', 'kubernetes'),
    )
  },
  'Cluster.submariner.io': (object, drafts) => {
    const draft = define(drafts, object, object.text('spec', 'cluster_id') ?? object.text('metadata', 'name'), 'submariner')
    draft?.podCidrs.push(...facts(object, 'spec', 'cluster_cidr'))
    draft?.serviceCidrs.push(...facts(object, 'spec', 'service_cidr'))
  },
  'Submariner.submariner.io': (object, drafts) => {
    const name = object.cluster ?? object.text('spec', 'clusterID')
    if (name === undefined) return
    const draft = drafts.named(name)
    drafts.identify(draft, 'submariner', object.text('spec', 'clusterID'), object.at('spec', 'clusterID'))
    draft.podCidrs.push(...facts(object, 'spec', 'clusterCIDR'))
    draft.serviceCidrs.push(...facts(object, 'spec', 'serviceCIDR'))
  },
  'ClusterConfig.eksctl.io': (object, drafts) => {
    const draft = define(drafts, object, object.text('metadata', 'name'), 'cluster-api')
    draft?.regions.push(...facts(object, 'metadata', 'region'))
    draft?.versions.push(...facts(object, 'metadata', 'version'))
    draft?.nodeCidrs.push(...facts(object, 'vpc', 'cidr'))
    draft?.serviceCidrs.push(...facts(object, 'kubernetesNetworkConfig', 'serviceIPv4CIDR'))
  },
  'Cluster.kind.x-k8s.io': (object, drafts) => {
    const name = object.cluster ?? object.text('name')
    if (name === undefined) return
    const draft = drafts.named(name)
    draft.podCidrs.push(...facts(object, 'networking', 'podSubnet'))
    draft.serviceCidrs.push(...facts(object, 'networking', 'serviceSubnet'))
  },
  'ClusterConfiguration.kubeadm.k8s.io': (object, drafts) => {
    const name = object.cluster ?? object.text('clusterName')
    if (name === undefined) return
    const draft = drafts.named(name)
    draft.podCidrs.push(...facts(object, 'networking', 'podSubnet'))
    draft.serviceCidrs.push(...facts(object, 'networking', 'serviceSubnet'))
    draft.versions.push(...facts(object, 'kubernetesVersion'))
  },
  'IPPool.crd.projectcalico.org': readPool,
  'IPPool.projectcalico.org': readPool,
  'ConfigMap.': (object, drafts) => {
    if (object.name !== 'cilium-config') return
    const name = object.cluster ?? object.text('data', 'cluster-name')
    if (name === undefined || name === 'default') return
    const draft = drafts.named(name)
    drafts.identify(draft, 'cilium', object.text('data', 'cluster-name'), object.at('data', 'cluster-name'))
    drafts.identify(draft, 'cilium-id', object.text('data', 'cluster-id'), object.at('data', 'cluster-id'))
    draft.podCidrs.push(...facts(object, 'data', 'cluster-pool-ipv4-cidr'), ...facts(object, 'data', 'cluster-pool-ipv6-cidr'))
  },
  'Node.': (object, drafts) => {
    if (object.cluster === undefined) return
    const draft = drafts.named(object.cluster)
    const region = object.label('topology.kubernetes.io/region')
    if (region !== undefined)
      draft.regions.push({ value: region, at: object.at('metadata', 'labels', 'topology.kubernetes.io/region') })
    draft.podCidrs.push(
      ...facts(object, object.has('spec', 'podCIDRs') ? 'spec' : 'spec', object.has('spec', 'podCIDRs') ? 'podCIDRs' : 'podCIDR'),
    )
    draft.versions.push(...facts(object, 'status', 'nodeInfo', 'kubeletVersion'))
  },
}

/** A pool of Calico; one that is disabled stands for addresses elsewhere, as those of other clusters. */
function readPool(object: KubeDocument, drafts: ClusterDrafts): void {
  if (object.cluster === undefined || object.flag('spec', 'disabled') === true) return
  drafts.named(object.cluster).podCidrs.push(...facts(object, 'spec', 'cidr'))
}

/** Clusters that Argo CD's chart is given: a map by name, or a list before chart 6. */
function readCredentials(values: HelmValues, drafts: ClusterDrafts): void {
  const path = ['configs', 'clusterCredentials'] as const
  const items = values.items(...path).map((view) => ({ name: view.text('name'), view, at: view.at('name') }))
  const members = values
    .keys(...path)
    .map((name) => ({ name, view: values.view(...path, name), at: values.atKey(...path, name) }))
  for (const { name, view, at } of [...items, ...members]) {
    if (name === undefined || name === 'in-cluster') continue
    const draft = drafts.named(name)
    draft.definedBy.push(at)
    drafts.identify(draft, 'argo-cd', name, at)
    draft.servers.push(...facts(view, 'server'))
    for (const [key, value] of Object.entries(view.map('labels'))) if (typeof value === 'string') draft.labels[key] ??= value
  }
}

function readValues(values: HelmValues, drafts: ClusterDrafts): void {
  if (values.tool === 'argo-cd') readCredentials(values, drafts)
  if (values.cluster === undefined) return
  const draft = drafts.named(values.cluster)
  draft.values.push(values)
  if (values.tool === 'cilium') {
    if (values.has('cluster', 'name')) draft.definedBy.push(values.at('cluster', 'name'))
    drafts.identify(draft, 'cilium', values.text('cluster', 'name'), values.at('cluster', 'name'))
    const id = values.get('cluster', 'id')
    if (typeof id === 'number' || typeof id === 'string')
      drafts.identify(draft, 'cilium-id', String(id), values.at('cluster', 'id'))
    for (const key of ['clusterPoolIPv4PodCIDRList', 'clusterPoolIPv6PodCIDRList', 'clusterPoolIPv4PodCIDR'])
      draft.podCidrs.push(...facts(values, 'ipam', 'operator', key))
  } else if (values.tool === 'istio') {
    if (values.has('global', 'multiCluster', 'clusterName'))
      draft.definedBy.push(values.at('global', 'multiCluster', 'clusterName'))
    drafts.identify(
      draft,
      'istio',
      values.text('global', 'multiCluster', 'clusterName'),
      values.at('global', 'multiCluster', 'clusterName'),
    )
    drafts.identify(draft, 'istio-network', values.text('global', 'network'), values.at('global', 'network'))
    drafts.identify(draft, 'istio-mesh', values.text('global', 'meshID'), values.at('global', 'meshID'))
  } else if (values.tool === 'submariner') {
    drafts.identify(draft, 'submariner', values.text('submariner', 'clusterId'), values.at('submariner', 'clusterId'))
    draft.podCidrs.push(...facts(values, 'submariner', 'clusterCidr'))
    draft.serviceCidrs.push(...facts(values, 'submariner', 'serviceCidr'))
  }
}

function readKubeconfig(document: Document, drafts: ClusterDrafts): void {
  const servers = new Map<string, View>()
  for (const entry of document.items('clusters')) {
    const name = entry.text('name')
    if (name !== undefined && isObject(entry.get('cluster'))) servers.set(name, entry)
  }
  for (const context of document.items('contexts')) {
    const name = context.text('name')
    if (name === undefined) continue
    const draft = drafts.named(name)
    draft.definedBy.push(context.at('name'))
    drafts.identify(draft, 'kubeconfig', name, context.at('name'))
    const entry = servers.get(context.text('context', 'cluster') ?? '')
    if (entry !== undefined) draft.servers.push(...facts(entry, 'cluster', 'server'))
  }
}

function readCall(call: Call, drafts: ClusterDrafts): void {
  const named = (flag: string): ClusterDraft | undefined => {
    const name = call.flag(flag)
    return name === undefined || name.includes('$') ? undefined : drafts.named(name)
  }
  if (call.program === 'eksctl' && call.starts('create', 'cluster')) {
    const draft = named('name')
    if (draft === undefined) return
    draft.definedBy.push(call.at('name'))
    const region = call.flag('region')
    if (region !== undefined && !region.includes('$')) draft.regions.push({ value: region, at: call.at('region') })
  } else if (call.program === 'kind' && call.starts('create', 'cluster')) named('name')?.definedBy.push(call.at('name'))
  else if (call.program === 'subctl' && call.starts('join')) {
    const draft = named('clusterid')
    if (draft === undefined) return
    drafts.identify(draft, 'submariner', call.flag('clusterid'), call.at('clusterid'))
    for (const [flag, into] of [
      ['clustercidr', draft.podCidrs],
      ['servicecidr', draft.serviceCidrs],
    ] as const) {
      const value = call.flag(flag)
      if (value !== undefined) into.push({ value, at: call.at(flag).says(value) })
    }
  }
}

/** Base64 of ASCII, for names; nothing more is needed of Secrets here. */
export function plainBase64(text: string | undefined): string | undefined {
  if (text === undefined || !/^[A-Za-z0-9+/]+=*$/.test(text) || text.length % 4 !== 0) return undefined
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  let bits = 0
  let held = 0
  let out = ''
  for (const character of text.replace(/=+$/, '')) {
    held = (held << 6) | alphabet.indexOf(character)
    bits += 6
    if (bits < 8) continue
    bits -= 8
    out += String.fromCharCode((held >> bits) & 0xff)
    held &= (1 << bits) - 1
  }
  return out
}
