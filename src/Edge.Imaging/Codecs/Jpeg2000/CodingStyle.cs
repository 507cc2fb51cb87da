namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>How a component is coded and quantized (annexes A.6.1, A.6.2, A.6.4, A.6.5).</summary>
internal sealed class CodingStyle
{
    public const int MaximumLevels = 32;

    /// <summary>The wavelet levels.</summary>
    public int Levels { get; set; }

    /// <summary>Powers of two.</summary>
    public int BlockWidth { get; set; }

    public int BlockHeight { get; set; }

    public BlockStyle Style { get; set; }

    /// <summary>The 5/3 filter, which loses nothing; else 9/7.</summary>
    public bool IsReversible { get; set; }

    /// <summary>Of each resolution, as powers of two: height in the upper four bits, width in the lower.</summary>
    public byte[] Precincts { get; set; } = [];

    /// <summary>0 none, 1 derived from the first step, 2 a step for each band.</summary>
    public int QuantizationStyle { get; set; }

    public int GuardBits { get; set; }

    /// <summary>Exponent (5 bits) and mantissa (11 bits) by band, from LL on.</summary>
    public ushort[] Steps { get; set; } = [];

    public bool HasQuantization => Steps.Length != 0;

    public CodingStyle Copy() => (CodingStyle)MemberwiseClone();

    /// <summary>Takes the wavelet over from another, and keeps the quantization.</summary>
    public void TakeCoding(CodingStyle other)
    {
        (Levels, BlockWidth, BlockHeight, Style, IsReversible, Precincts) = (other.Levels, other.BlockWidth, other.BlockHeight, other.Style, other.IsReversible, other.Precincts);
    }

    /// <summary>Takes the quantization over.</summary>
    public void TakeQuantization(CodingStyle other) => (QuantizationStyle, GuardBits, Steps) = (other.QuantizationStyle, other.GuardBits, other.Steps);

    public int PrecinctWidth(int resolution) => Precincts.Length == 0 ? 15 : Precincts[resolution] & 15;

    public int PrecinctHeight(int resolution) => Precincts.Length == 0 ? 15 : Precincts[resolution] >> 4;

    /// <summary>Exponent and mantissa of a band.</summary>
    /// <param name="resolution">0 for LL.</param>
    /// <param name="band">0 LL or HL, 1 LH, 2 HH.</param>
    public (int Exponent, int Mantissa) Step(int resolution, int band)
    {
        int index = resolution == 0 ? 0 : (3 * (resolution - 1)) + 1 + band;
        if (QuantizationStyle == 1)
        {
            int exponent = Steps[0] >> 11;
            return (exponent - Math.Max(0, resolution - 1), Steps[0] & 0x7ff);
        }

        return index < Steps.Length ? (Steps[index] >> 11, Steps[index] & 0x7ff) : throw Codestream.Faulty("has fewer quantization steps than bands");
    }
}

/// <summary>An entry of the progression of packets (A.6.6).</summary>
internal readonly record struct Progression(int Order, int FirstResolution, int FirstComponent, int EndLayer, int EndResolution, int EndComponent);

/// <summary>What holds for a tile: the main header, changed by the tile's own.</summary>
internal sealed class TileStyle
{
    public int ProgressionOrder { get; set; }

    public int Layers { get; set; }

    public bool HasTransform { get; set; }

    public bool UsesHeaderEnds { get; set; }

    public CodingStyle[] Components { get; set; } = [];

    /// <summary>Components whose own coding (1) or quantization (2) a marker gave: defaults do not change those.</summary>
    public byte[] Own { get; set; } = [];

    public List<Progression> Changes { get; set; } = [];

    public TileStyle Copy() => new()
    {
        ProgressionOrder = ProgressionOrder,
        Layers = Layers,
        HasTransform = HasTransform,
        UsesHeaderEnds = UsesHeaderEnds,
        Components = Array.ConvertAll(Components, static one => one.Copy()),
        Own = new byte[Own.Length],
        Changes = [.. Changes],
    };
}
