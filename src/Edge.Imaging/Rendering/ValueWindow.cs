namespace Edge.Imaging.Rendering;

/// <summary>What makes shown values of stored ones (PS3.3 C.11.1.1.2): <c>value * Slope + Intercept</c>.</summary>
/// <param name="Slope">(0028,1053)</param>
/// <param name="Intercept">(0028,1052)</param>
public readonly record struct Rescale(double Slope, double Intercept)
{
    /// <summary>Leaves values as they are.</summary>
    public static Rescale None { get; } = new(1, 0);
}

/// <summary>The range of rescaled values that is shown (PS3.3 C.11.2.1.2), in Orthanc's simple form: black at <c>Center - Width / 2</c>.</summary>
/// <param name="Center">(0028,1050)</param>
/// <param name="Width">(0028,1051)</param>
public readonly record struct ValueWindow(double Center, double Width);
