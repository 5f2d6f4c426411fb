/** How a message reaches a recipient. A recipient is a channel and an address on it, as text. */
export type Channel = "sms";
