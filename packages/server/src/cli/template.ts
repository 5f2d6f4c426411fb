/** `antryk template …` */
import { bounds } from "@antryk/contract";
import { Command } from "commander";
import {
  brandProblem,
  type Finding,
  sizeAt,
  templateErrors,
  templateWarnings,
  worstCase,
} from "../messages/sms/lint.ts";
import { wholeNumber } from "./options.ts";
import { type OutputOptions, print } from "./output.ts";

interface LintOptions extends OutputOptions {
  readonly brand?: string;
  readonly codeLength?: number;
}

/** `exit` gets 1 if the text can't be saved. */
export function templateCommands(exit: (code: number) => void): Command {
  const template = new Command("template").description("message texts");
  template
    .command("lint")
    .description("say what is wrong with a message text, and how many segments it takes")
    .argument("<text>", "the text, with {code}, {brand} and {minutes}")
    .option("--brand <brand>", `the brand that it goes out with (default: any of ${worstCase.brand.length} characters)`)
    .option(
      "--code-length <digits>",
      `${bounds.codeLength.min} to ${bounds.codeLength.max} (default ${worstCase.codeLength})`,
      wholeNumber(bounds.codeLength),
    )
    .option("--json", "print one JSON object")
    .action((text: string, options: LintOptions) => {
      const { brand = worstCase.brand, codeLength = worstCase.codeLength } = options;
      const wrongBrand = brandProblem(brand);
      const errors: Finding[] = templateErrors(text);
      if (wrongBrand) errors.push({ level: "error", rule: "brand", message: wrongBrand });
      const worst = { ...worstCase, brand, codeLength };
      const findings = errors.length > 0 ? errors : templateWarnings(text, worst);
      const size = sizeAt(text, worst);
      const { units, alphabet, segments } = size;
      if (errors.length > 0) exit(1);
      const lines = [
        ...findings.map(({ level, message }) => `${level}: ${message}`),
        `At its longest: ${units} ${alphabet} characters, ${segments} ${segments === 1 ? "segment" : "segments"}.`,
      ];
      print(options, { ok: errors.length === 0, findings, ...size }, lines.join("\n"));
    });
  return template;
}
