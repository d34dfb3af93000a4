import { useState } from 'react';

const key = 'genesis-sandbox-visited';

/** Whether this browser has not broken anything yet, and how to say that it has. */
export function useFirstVisit(): [boolean, () => void] {
  const [isFirst, setFirst] = useState(() => localStorage.getItem(key) === null);
  return [
    isFirst,
    () => {
      localStorage.setItem(key, 'yes');
      setFirst(false);
    },
  ];
}
