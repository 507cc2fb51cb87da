using Edge.Core.Configuration;

namespace Edge.Core.Options;

/// <summary>A forwarding rule as written: names are not resolved yet (<c>Edge.Engine.Forwarding.ForwardingRules</c> does).</summary>
public sealed record ForwardingRuleOptions
{
    /// <summary>The JSON, for messages.</summary>
    public required ConfigurationNode Node { get; init; }

    /// <summary>Names of modalities and peers.</summary>
    public string[] To { get; init; } = [];

    /// <summary>Patterns of which one must match; empty for any.</summary>
    public string[] CallingAet { get; init; } = [];

    public string[] CalledAet { get; init; } = [];

    public string[] Modality { get; init; } = [];

    /// <summary>StationName.</summary>
    public string[] Station { get; init; } = [];

    /// <summary>Main DICOM tags, by keyword or number, and the patterns of each.</summary>
    public Dictionary<string, string[]> Tags { get; init; } = [];

    /// <summary>Times of the day in which the rule holds; empty for always.</summary>
    public DayWindow[] Hours { get; init; } = [];

    /// <summary>Whether an instance that is stored already is sent again.</summary>
    public bool IncludeRepeats { get; init; }

    public int Priority { get; init; }
}

/// <summary>How a destination is sent to.</summary>
public sealed record ForwardingDestinationOptions
{
    /// <summary>1 to 16.</summary>
    public int Associations { get; init; } = 1;

    /// <summary>Kilobytes (1024 bytes) per second over all associations; 0 for no limit.</summary>
    public int MaximumKBps { get; init; }

    /// <summary>Times of the day in which it is sent to; empty for always.</summary>
    public DayWindow[] Hours { get; init; } = [];

    /// <summary>Seconds before the second attempt.</summary>
    public int RetryMinimum { get; init; } = 5;

    /// <summary>Seconds between attempts at most.</summary>
    public int RetryMaximum { get; init; } = 900;

    /// <summary>Hours after which a transient failure counts as permanent; 0 for never.</summary>
    public int GiveUpAfter { get; init; }

    /// <summary>An instance counts as delivered only when the destination has answered for it (storage commitment).</summary>
    public bool StorageCommitment { get; init; }

    /// <summary>Seconds to wait for the report before it is asked for again.</summary>
    public int CommitmentTimeout { get; init; } = 3600;
}

/// <summary>A part of the day, in minutes since midnight, local time; one that ends before it starts goes over midnight.</summary>
public readonly record struct DayWindow(int Start, int End)
{
    public bool Contains(TimeSpan timeOfDay)
    {
        int minute = (int)timeOfDay.TotalMinutes;
        return Start < End ? minute >= Start && minute < End : minute >= Start || minute < End;
    }

    /// <summary>Reads <c>18:00-06:00</c>; 24:00 is the end of the day.</summary>
    public static bool TryParse(string text, out DayWindow window)
    {
        window = default;
        int dash = text.IndexOf('-');
        if (dash < 0 || !TryMinute(text.AsSpan(0, dash), out int start) || !TryMinute(text.AsSpan(dash + 1), out int end) || start == end || start == 24 * 60)
        {
            return false;
        }

        window = new DayWindow(start, end);
        return true;
    }

    private static bool TryMinute(ReadOnlySpan<char> text, out int minute)
    {
        minute = 0;
        text = text.Trim();
        if (text.Length != 5 || text[2] != ':' || !char.IsAsciiDigit(text[0]) || !char.IsAsciiDigit(text[1]) || !char.IsAsciiDigit(text[3]) || !char.IsAsciiDigit(text[4]))
        {
            return false;
        }

        int hours = ((text[0] - '0') * 10) + text[1] - '0';
        int minutes = ((text[3] - '0') * 10) + text[4] - '0';
        minute = (hours * 60) + minutes;
        return minutes < 60 && minute <= 24 * 60;
    }
}
