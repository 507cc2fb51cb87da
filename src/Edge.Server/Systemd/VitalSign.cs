namespace Edge.Server.Systemd;

/// <summary>A loop that must turn.</summary>
/// <param name="Name">For the log: <c>index writer</c>.</param>
/// <param name="Age">How long ago it last turned; an idle loop turns too. Must not block or throw.</param>
public sealed record VitalSign(string Name, Func<TimeSpan> Age);
