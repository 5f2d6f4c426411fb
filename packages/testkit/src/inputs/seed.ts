/** What chance in tests begins with, unless ANTRYK_TEST_SEED says otherwise. Failures print it. */
export const testSeed = Number(process.env.ANTRYK_TEST_SEED ?? 20_261_125);
