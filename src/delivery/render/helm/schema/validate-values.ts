import type { Chart } from '../chart/chart.js'
import type { Values } from '../values/values.js'

export function validateAgainstSchemas(_chart: Chart, _values: Values): void {}
