import { renderFastTemplate } from '../../../formats/fasttemplate/fasttemplate.js'
import type { Budget, MissingKey } from '../../../formats/go-template/exec.js'
import type { FunctionTable } from '../../../formats/go-template/functions.js'
import { parseTemplate, type Template } from '../../../formats/go-template/template.js'
import type { ApplicationSetSpec } from '../kinds/application-set.js'
import type { Params } from './params.js'

/** Renders one string of a template with parameters. Throws with the reason. */
export interface TextRenderer {
  readonly goTemplate: boolean
  render(template: string, params: Params, missingKey?: MissingKey): string
}

/** The renderer that a spec asks for: Go templates with `goTemplate`, fasttemplate otherwise. `functions` and `budget` are for the former. */
export function createTextRenderer(
  spec: Pick<ApplicationSetSpec, 'goTemplate' | 'goTemplateOptions'>,
  functions: FunctionTable,
  budget?: Budget,
): TextRenderer {
  if (spec.goTemplate !== true) return { goTemplate: false, render: (template, params) => renderFastTemplate(template, params) }
  const configured = missingKeyOf(spec.goTemplateOptions ?? [])
  const parsed = new Map<string, Template>()
  return {
    goTemplate: true,
    render(template, params, missingKey = configured) {
      if (!template.includes('{{')) return template
      const key = `${missingKey} ${template}`
      let ready = parsed.get(key)
      if (ready === undefined) {
        ready = parseTemplate('base', template, { functions, missingKey, ...(budget ? { budget } : {}) })
        parsed.set(key, ready)
      }
      return ready.execute(params)
    },
  }
}

/** Options in Go's form, the last one wins: `missingkey=default|invalid|zero|error`. */
function missingKeyOf(options: readonly string[]): MissingKey {
  let missingKey: MissingKey = 'default'
  for (const option of options) {
    const value = /^missingkey=(default|invalid|zero|error)$/.exec(option)?.[1]
    if (value === undefined) {
      throw new Error(
        `unrecognized option in goTemplateOptions: ${option} (there is missingkey=default, invalid, zero and error)`,
      )
    }
    missingKey = value as MissingKey
  }
  return missingKey
}
