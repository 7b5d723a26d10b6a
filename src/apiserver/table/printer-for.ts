import type { KubeObject } from '../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../kube/object/resource-type.js'
import type { LogicalCluster } from '../contract.js'
import { accessPrinters, plainPrinter } from './access-printers.js'
import { clusterPrinters } from './cluster-printers.js'
import { customPrinter } from './custom-printer.js'
import { metricsPrinters } from './metrics-printers.js'
import { networkPrinters } from './network-printers.js'
import type { TablePrinter } from './printer.js'
import { workloadPrinters } from './workload-printers.js'

const builtIn: Readonly<Record<string, TablePrinter>> = {
  ...workloadPrinters,
  ...networkPrinters,
  ...clusterPrinters,
  ...accessPrinters,
  ...metricsPrinters,
}

/** By definition and version: the columns of a version never change while its definition does not. */
const custom = new WeakMap<KubeObject, Map<string, TablePrinter>>()

/** The printer of a resource: upstream's columns for built-in kinds, the definition's for custom resources. */
export function printerFor(cluster: LogicalCluster, type: ResourceType): TablePrinter {
  const name = groupResourceOf(type)
  if (Object.hasOwn(builtIn, name)) return builtIn[name]!
  const definition =
    type.group === '' ? undefined : cluster.peek('customresourcedefinitions.apiextensions.k8s.io', `${type.plural}.${type.group}`)
  if (definition === undefined) return plainPrinter
  let versions = custom.get(definition)
  if (versions === undefined) {
    versions = new Map()
    custom.set(definition, versions)
  }
  let printer = versions.get(type.version)
  if (printer === undefined) {
    printer = customPrinter(definition, type.version)
    versions.set(type.version, printer)
  }
  return printer
}
