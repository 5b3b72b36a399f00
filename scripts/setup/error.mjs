/** Something the set-up cannot mend itself. Its message says what is missing and what to do, so no stack is shown. */
export class SetupError extends Error {}
