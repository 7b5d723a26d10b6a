import { CodedError } from '../../base/errors.js'

/** The text of a template is wrong. The message has Go's form: `template: NAME:LINE: what`. */
export class TemplateParseError extends CodedError {
  constructor(message: string) {
    super({ code: 'template-parse-failed', message, fix: 'Correct the template at the place that the message names.' })
  }
}

/** A template failed while it ran: `template: NAME:LINE:COL: executing "NAME" at <.x>: what`. */
export class TemplateExecutionError extends CodedError {
  constructor(message: string, cause?: unknown) {
    super({
      code: 'template-execution-failed',
      message,
      fix: 'Correct the template, or the data that it reads, at the place that the message names.',
      cause,
    })
  }
}

/** A template did more than its budget allows. Not caught by anything inside the template. */
export class TemplateBudgetError extends CodedError {
  constructor(message: string) {
    super({
      code: 'template-budget-exceeded',
      message,
      fix: 'Look for a recursion or a loop without end in the template; split it when it is really this large.',
    })
  }
}
