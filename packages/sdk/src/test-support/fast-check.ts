/**
 * fast-check with one seed for all of `npm test`: the same inputs each time, so that a change is refused for what it
 * changes and not for what chance found today. ANTRYK_TEST_SEED takes another one; a failure prints the seed.
 */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.ANTRYK_TEST_SEED ?? 20_261_125) });

export default fc;
