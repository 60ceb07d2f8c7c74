/**
 * Draws a component again only when one of its properties is another value than before.
 *
 * Exists because the page has hundreds of lines, and few of them change in a frame.
 */
import { Component, type ComponentChild, type FunctionComponent } from 'preact';

/** The same component, with a look at its properties first. Properties must not be changed in place. */
export function drawWhenChanged<P extends object>(draw: (props: P) => ComponentChild): FunctionComponent<P> {
  class WhenChanged extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const before = this.props as Readonly<Record<string, unknown>>;
      return Object.entries(next).some(([name, value]) => before[name] !== value);
    }

    override render(props: P): ComponentChild {
      return draw(props);
    }
  }
  return (props: P) => <WhenChanged {...props} />;
}
