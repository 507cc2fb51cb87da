namespace Edge.Engine.Forwarding;

/// <summary>How many events there were in the last sixty seconds.</summary>
internal sealed class RecentCount(TimeProvider time)
{
    private const int Slots = 60;
    private readonly Lock _gate = new();
    private readonly long[] _seconds = new long[Slots];
    private readonly long[] _counts = new long[Slots];

    public void Add()
    {
        long now = Second();
        lock (_gate)
        {
            int slot = (int)(now % Slots);
            _counts[slot] = _seconds[slot] == now ? _counts[slot] + 1 : 1;
            _seconds[slot] = now;
        }
    }

    public long Read()
    {
        long now = Second();
        long sum = 0;
        lock (_gate)
        {
            for (int i = 0; i < Slots; i++)
            {
                sum += now - _seconds[i] < Slots ? _counts[i] : 0;
            }
        }

        return sum;
    }

    private long Second() => time.GetUtcNow().ToUnixTimeSeconds();
}
