export const Name = ({ name }: { name: string }) => <p>{name}</p>;
