import { createSprig, type SprigPorts } from '../../../formats/go-template/sprig/index.js'
import { parseTemplate } from '../../../formats/go-template/template.js'

/** The release's name that a `--name-template` gives. */
export function renderReleaseName(template: string, ports: SprigPorts): string {
  return parseTemplate('name-template', template, { functions: createSprig(ports) }).execute(undefined)
}
