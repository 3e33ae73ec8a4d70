import type { ComponentChildren } from 'preact';

export interface CardProps {
  readonly id: string;
  readonly title: string;
  /** Beside the title. */
  readonly aside?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}

/** A part of the page with a heading of its own. */
export function Card({ id, title, aside, class: more = '', children }: CardProps) {
  return (
    <section class={`card ${more}`} aria-labelledby={`${id}-title`} id={id}>
      <div class="card-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}
