import type { ContentBlock, Prompt } from "@modelcontextprotocol/server";
import { embedded, image, text } from "./content.ts";
import { elicitWord, filledIn } from "./questions.ts";
import type { CallContext, Passing } from "./tool.ts";

/** A prompt as it is listed, and what its messages say. */
export interface ConformancePrompt extends Prompt, Passing {
  messages(
    args: Readonly<Record<string, string>>,
    context: CallContext,
  ): Promise<ContentBlock[]> | ContentBlock[];
}

export const prompts: readonly ConformancePrompt[] = [
  {
    name: "test_simple_prompt",
    description: "A prompt without arguments",
    messages: () => [text("This is a simple prompt for testing.")],
  },
  {
    name: "test_prompt_with_arguments",
    description: "A prompt that quotes its arguments",
    arguments: [
      { name: "arg1", description: "First test argument", required: true },
      { name: "arg2", description: "Second test argument", required: true },
    ],
    messages: ({ arg1, arg2 }) => [text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
  },
  {
    name: "test_prompt_with_embedded_resource",
    description: "A prompt that embeds a resource",
    arguments: [{ name: "resourceUri", description: "URI of the resource to embed", required: true }],
    messages: ({ resourceUri = "" }) => [
      embedded(resourceUri, "text/plain", "Embedded resource content for testing."),
      text("Please process the embedded resource above."),
    ],
  },
  {
    name: "test_prompt_with_image",
    description: "A prompt with an image",
    messages: () => [image(), text("Please analyze the image above.")],
  },
  {
    name: "test_input_required_result_prompt",
    description: "A prompt that asks the user for its context",
    async messages(_args, { ask }) {
      const question = elicitWord("What context should the prompt use?", "context");
      const { user_context } = await ask({ user_context: question });
      return [text(`Answer in this context: ${filledIn(user_context, "context")}`)];
    },
  },
  {
    name: "test_passing_prompt",
    description: "Comes and goes",
    isThere: ({ passing }) => passing.prompt,
    messages: () => [text("Here for now")],
  },
];
