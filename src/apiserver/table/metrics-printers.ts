import type { KubeObject } from '../../kube/object/kube-object.js'
import { addQuantities, formatQuantity, parseQuantity } from '../../kube/object/quantity.js'
import { at, listAt, textAt } from './fields.js'
import { definePrinter, type TablePrinter } from './printer.js'

/** As metrics-server prints them: the use of all containers together. */
const metricsPrinter = definePrinter('Name|cpu|memory|Window', (object) => [
  object.metadata.name,
  total(object, 'cpu'),
  total(object, 'memory'),
  textAt(object, 'window'),
])

function total(object: KubeObject, resource: string): string {
  const own = textAt(object, 'usage', resource)
  const all = own === '' ? listAt(object, 'containers').map((each) => textAt(at(each, 'usage'), resource)) : [own]
  return formatQuantity(all.map((text) => parseQuantity(text || '0')).reduce(addQuantities, parseQuantity('0')))
}

/** Of metrics.k8s.io, by group resource. */
export const metricsPrinters: Readonly<Record<string, TablePrinter>> = {
  'nodes.metrics.k8s.io': metricsPrinter,
  'pods.metrics.k8s.io': metricsPrinter,
}
