using System.Globalization;

namespace Edge.Engine.Query;

/// <summary>Whether a series is complete, by the numbers its instances carry.</summary>
public static class SeriesStatus
{
    /// <param name="expected">The <c>ExpectedNumberOfInstances</c> metadata; null where there is none.</param>
    /// <param name="indexes">The <c>IndexInSeries</c> of each instance, null where it has none.</param>
    /// <returns><c>Complete</c>, <c>Missing</c>, <c>Inconsistent</c> or <c>Unknown</c>.</returns>
    public static string Of(string? expected, IReadOnlyList<string?> indexes)
    {
        if (!long.TryParse(expected, NumberStyles.None, CultureInfo.InvariantCulture, out long count))
        {
            return "Unknown";
        }

        HashSet<long> seen = new(indexes.Count);
        foreach (string? text in indexes)
        {
            if (text is null)
            {
                continue;
            }

            if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long index))
            {
                return "Unknown";
            }

            if (index < 1 || index > count || !seen.Add(index))
            {
                return "Inconsistent";
            }
        }

        return seen.Count == count ? "Complete" : "Missing";
    }
}
