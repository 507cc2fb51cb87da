namespace Edge.TestKit;

/// <summary>Whether the suites run in their short or long form.</summary>
public static class Scale
{
    /// <summary><c>./build.sh soak</c>.</summary>
    public static bool IsSoak { get; } = Environment.GetEnvironmentVariable("EDGE_SOAK") == "1";

    /// <summary>A number of rounds: the first for <c>./build.sh test</c>, the second for the soak.</summary>
    public static int Rounds(int test, int soak) => IsSoak ? soak : test;
}
