/** The engines that tests run over. */
export type Engine = "sqlite" | "postgres";
