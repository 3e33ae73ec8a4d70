import { useEffect, useState } from 'preact/hooks';
import type { Observable } from './model.ts';

/** The value as it is now; the component is drawn again when it changes. */
export function useValue<T>(observable: Observable<T>): T {
  const [value, setValue] = useState(observable.get());
  useEffect(() => {
    const update = () => setValue(observable.get());
    update();
    return observable.subscribe(update);
  }, [observable]);
  return value;
}
