using System.Security.Cryptography;

namespace Edge.Engine.Forwarding;

/// <summary>How long to wait before the next attempt: doubling from the least to the greatest, each shortened by up to a half by chance, so that many boxes do not come back at once.</summary>
public sealed class RetrySchedule(TimeSpan least, TimeSpan greatest)
{
    private const int Steps = 1024;

    /// <param name="failures">Attempts that have failed, from 1.</param>
    public TimeSpan After(int failures) => Longest(failures) * (0.5 + (0.5 * RandomNumberGenerator.GetInt32(Steps + 1) / Steps));

    /// <summary>The same without chance.</summary>
    public TimeSpan Longest(int failures)
    {
        double factor = Math.Pow(2, Math.Clamp(failures - 1, 0, 40));
        return TimeSpan.FromSeconds(Math.Min(greatest.TotalSeconds, least.TotalSeconds * factor));
    }
}
